"""Who said what an asset shows, field by field, and who said otherwise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.rules import survivorship
from hub.rules.claims import Claim, Told
from schemas.asset import DeviceFacts
from schemas.identifiers import canonical_postcode, canonical_uprn, is_null
from schemas.outbound import AssetState, Place
from schemas.vocabulary import ParticipantKind

_READ_ANEW: Mapping[str, Callable[[Any], Any]] = {
    "uprn": lambda text: canonical_uprn(text).value,
    "postcode": lambda text: canonical_postcode(text).canonical,
}
_RESOLVED = ("import_mpan", "export_mpan", "distributor_id", "host_distributor_id", "gsp_group")
"""Parts of the place that follow from what the registry of meter points knows of a claim's location."""


@dataclass(frozen=True)
class Saying:
    """One value of a field, and the claim in which a source said it."""

    source: str
    kind: ParticipantKind
    claim: Claim
    value: Any


@dataclass(frozen=True)
class FieldSource:
    """One field: the value that the asset shows, who said so (the most believed first), and who said something else.

    `believed` are the kinds of source in the order in which they are believed for it.
    """

    field: str
    value: Any
    said_by: tuple[Saying, ...]
    otherwise: tuple[Saying, ...]
    believed: tuple[ParticipantKind, ...]


def of(state: AssetState, told: Sequence[Told]) -> Iterator[FieldSource]:
    """Every field that anybody said something of, by its name in `AssetState`; a dot goes into the place."""
    for name, belief, read, value in _fields(state):
        sayings = [saying for t in survivorship.by_belief(belief, told) if (saying := read(t)) is not None]
        if sayings:
            same = tuple(s for s in sayings if s.value == value)
            other = tuple(s for s in sayings if s.value != value)
            yield FieldSource(name, value, same, other, survivorship.order(belief))


def named(told: Sequence[Told]) -> Iterator[Saying]:
    """What each source calls the asset; the names stand beside each other and do not exclude one another."""
    for t in told:
        if (names := t.facts.get("external_ids")) is not None:
            yield Saying(t.source, t.source_kind, t.by["external_ids"], names)


_Field = tuple[str, str, Callable[[Told], Saying | None], Any]


def _fields(state: AssetState) -> Iterator[_Field]:
    """Name, the name under which its tellers are ranked, how it is read of one of them, the value shown."""
    for name in (*DeviceFacts.model_fields, "effective_from", "market"):
        if name != "external_ids":
            yield name, name, partial(_fact, name), getattr(state, name)
    for name in Place.model_fields:
        yield f"place.{name}", "location", partial(_place, name), getattr(state.place, name)
    yield "decommissioned_on", "commissioning_date", _removal, state.decommissioned_on


def _fact(name: str, told: Told) -> Saying | None:
    return _saying(told, told.by.get(name), told.facts.get(name))


def _place(name: str, told: Told) -> Saying | None:
    if name in _RESOLVED:
        return _saying(told, told.located, getattr(told.resolution, name, None))
    value = getattr(told.facts.get("location"), name, None)
    if value is None or is_null(value):
        return None
    return _saying(told, told.by.get("location"), _READ_ANEW.get(name, lambda text: text)(value))


def _removal(told: Told) -> Saying | None:
    removed = told.removed.effective_from if told.removed else None
    return _saying(told, told.by.get("decommissioned_on"), removed)


def _saying(told: Told, claim: Claim | None, value: Any) -> Saying | None:
    if claim is None or value is None:
        return None
    return Saying(told.source, told.source_kind, claim, value)
