"""Which changes of an asset are material: `materiality.csv`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType

from schemas.reference.connection import MARKS, Period, period
from schemas.reference.read import BadReferenceDataError, Row, rows

MEASURES = ("any", "share", "amount", "never")
FOLLOW_UPS = ("NOTHING", "REASSESS", "REPLACEMENT", "REVALIDATE_METER_POINT")
EVERY_OTHER = "*"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a change of one field means. `threshold` is a share of the value before, or an amount in its unit."""

    field: str
    measure: str
    threshold: Decimal | None
    follow_up: str
    tell: bool
    period: Period


@cache
def _rules(override: Path | None) -> Mapping[str, tuple[FieldRule, ...]]:
    found: dict[str, tuple[FieldRule, ...]] = {}
    columns = ("field", "measure", "threshold", "follow_up", "tell", "valid_from", "valid_to", "mark", "provenance")
    for row in rows("materiality.csv", columns, override):
        row.one_of("mark", MARKS)
        rule = _rule(row)
        if any(rule.period.meets(other.period) for other in found.get(rule.field, ())):
            row.wrong("valid_from", f"{rule.field} has another row for some of these days")
        found[rule.field] = (*found.get(rule.field, ()), rule)
    if EVERY_OTHER not in found:
        raise BadReferenceDataError(f"materiality.csv: has no row {EVERY_OTHER} for the fields without one")
    return MappingProxyType(found)


def _rule(row: Row) -> FieldRule:
    measure, threshold = row.one_of("measure", MEASURES), row.number("threshold")
    if (threshold is not None) is not (measure in ("share", "amount")):
        row.wrong("threshold", "must be a number for share and amount, and empty otherwise")
    return FieldRule(
        row.text("field"),
        measure,
        threshold,
        row.one_of("follow_up", FOLLOW_UPS),
        row.one_of("tell", ("yes", "no")) == "yes",
        period(row),
    )


def rule(field: str, on: date, override: Path | None = None) -> FieldRule:
    """The rule of a field on a day; a field without a row of its own has that of every other."""
    known = _rules(override)
    for name in (field, EVERY_OTHER):
        for candidate in known.get(name, ()):
            if candidate.period.holds(on):
                return candidate
    raise BadReferenceDataError(f"materiality.csv: has no row {EVERY_OTHER} for {on}")
