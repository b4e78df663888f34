"""Reference tables about those who tell: whose word counts for which field, and what their names name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from schemas.reference.in_use import kept
from schemas.reference.read import document, index, rows

NAMED = ("device", "vehicle", "job", "type", "gateway", "meter")


@dataclass(frozen=True, slots=True)
class ExternalIdScheme:
    """A scheme of external ids, and what kind of thing its ids name."""

    scheme: str
    names: str
    mark: str
    provenance: str


@kept
def external_id_schemes(override: Path | None = None) -> Mapping[str, ExternalIdScheme]:
    """Schemes by their code; only those that name a device (or vehicle) can tell which asset is meant."""
    columns = ("scheme", "names", "mark", "provenance")
    return index(
        (
            (
                row,
                row.text("scheme"),
                ExternalIdScheme(
                    row.text("scheme"), row.one_of("names", NAMED), row.text("mark"), row.text("provenance")
                ),
            )
            for row in rows("external_id_schemes.csv", columns, override)
        ),
        "scheme",
    )


@kept
def survivorship(override: Path | None = None) -> Mapping[str, tuple[str, ...]]:
    """For each group of fields of `matching_policy.json`, the kinds of source in the order of belief."""
    policy = document("matching_policy.json", override)
    return MappingProxyType({entry["field"]: tuple(entry["order"]) for entry in policy["survivorship"]})
