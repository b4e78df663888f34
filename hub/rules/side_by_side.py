"""Two assets beside each other, for a person who is to say whether they are one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from schemas.outbound import AssetState

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "asset_category": "the category",
        "manufacturer": "the maker",
        "model": "the model",
        "serial_number": "the serial number",
        "rated_capacity_kw": "the rated capacity",
        "storage_energy_kwh": "the storage capacity",
        "phases": "the number of phases",
        "commissioning_date": "the day of commissioning",
        "decommissioned_on": "the day of removal",
        "place.import_mpan": "the import meter point",
        "place.export_mpan": "the export meter point",
        "place.uprn": "the property (UPRN)",
        "place.address_line": "the address",
        "place.postcode": "the postcode",
    }
)


@dataclass(frozen=True)
class SideBySide:
    """Names of fields by how the two compare, and that in words."""

    agrees: tuple[str, ...]
    differs: tuple[str, ...]
    told_once: tuple[str, ...]
    sentences: tuple[str, ...]


def side_by_side(one: AssetState, other: AssetState) -> SideBySide:
    """Compares what may be seen of the two; a field that neither shows is left out."""
    found: dict[str, list[str]] = {"agrees": [], "differs": [], "told_once": []}
    for field in _WORDS:
        mine, theirs = _value(one, field), _value(other, field)
        if mine is None and theirs is None:
            continue
        how = "told_once" if mine is None or theirs is None else "agrees" if mine == theirs else "differs"
        found[how].append(field)
    return SideBySide(**{how: tuple(fields) for how, fields in found.items()}, sentences=_sentences(found))


def _sentences(found: Mapping[str, list[str]]) -> tuple[str, ...]:
    said = (
        ("agrees", "The same on both sides: {}."),
        ("differs", "Different: {}."),
        ("told_once", "Told of one of the two only: {}."),
    )
    return tuple(text.format(", ".join(_WORDS[f] for f in found[how])) for how, text in said if found[how])


def _value(state: AssetState, field: str) -> Any:
    value: Any = state
    for name in field.split("."):
        value = getattr(value, name)
    return value.casefold() if isinstance(value, str) else value
