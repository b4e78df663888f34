"""Reference tables about connections: dated numbers of the forms, working days, plausible ratings, grave or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.reference.read import Row, index, rows

MARKS = ("source", "recalled", "computed", "proposed")
REMEMBERED = 8192
"""Answers that are kept: years of days for each number that is asked for."""
SEVERITIES = ("info", "warning", "blocking")


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day; an open end is None."""

    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def meets(self, other: "Period") -> bool:
        """Whether the two have a day in common."""
        starts, ends = (self.first, other.first), (self.last, other.last)
        latest_start = max((day for day in starts if day is not None), default=None)
        earliest_end = min((day for day in ends if day is not None), default=None)
        return latest_start is None or earliest_end is None or latest_start <= earliest_end


@dataclass(frozen=True, slots=True)
class RuleNumber:
    """One number of a connection rule, in its unit, for the days on which it holds."""

    key: str
    value: Decimal
    unit: str
    period: Period


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` to `high`, both of them within: what is usual, or what a slip looks like."""

    reading: str
    category: str
    phases: int | None
    low: Decimal
    high: Decimal
    period: Period

    def holds(self, value: Decimal) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """How grave a notice is, and whether it puts the facts of the asset in doubt (or only the paperwork)."""

    rule_id: str
    severity: str
    doubts_facts: bool
    what: str


@cache
def rule_numbers(override: Path | None = None) -> Mapping[str, tuple[RuleNumber, ...]]:
    """The dated numbers by key. Two of one key never hold on the same day."""
    found: dict[str, tuple[RuleNumber, ...]] = {}
    columns = ("key", "value", "unit", "valid_from", "valid_to", "mark", "provenance")
    for row in rows("connection_rules.csv", columns, override):
        row.one_of("mark", MARKS)
        value = row.number("value")
        number = RuleNumber(
            row.text("key"), row.wrong("value", "is empty") if value is None else value, row.text("unit"), period(row)
        )
        earlier = found.get(number.key, ())
        if any(number.period.meets(other.period) for other in earlier):
            row.wrong("valid_from", f"{number.key} has another value on some of these days")
        found[number.key] = (*earlier, number)
    return MappingProxyType(found)


@lru_cache(maxsize=REMEMBERED)
def number(key: str, on: date, override: Path | None = None) -> Decimal:
    """The value of a rule's number on a day; `KeyError` where the table has none for it."""
    for candidate in rule_numbers(override)[key]:
        if candidate.period.holds(on):
            return candidate.value
    raise KeyError(f"connection_rules.csv has no {key} for {on}")


def in_force(key: str, on: date, override: Path | None = None) -> bool:
    """Whether a rule has a number for a day."""
    return any(candidate.period.holds(on) for candidate in rule_numbers(override)[key])


@cache
def bank_holidays(override: Path | None = None) -> Mapping[str, frozenset[date]]:
    """Bank holidays that are no Saturday or Sunday, by division."""
    found: dict[str, set[date]] = {}
    for row in rows("bank_holidays.csv", ("division", "day", "name", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        found.setdefault(row.text("division"), set()).add(row.day("day") or row.wrong("day", "is empty"))
    return MappingProxyType({division: frozenset(days) for division, days in found.items()})


@cache
def holiday_division(override: Path | None = None) -> Mapping[str, str]:
    """The division whose bank holidays count in the area of a GSP group."""
    known = tuple(bank_holidays(override))
    return index(
        (
            (row, row.text("gsp_group"), row.one_of("division", known))
            for row in rows("holiday_areas.csv", ("gsp_group", "division", "mark", "provenance"), override)
        ),
        "gsp_group",
    )


@cache
def _bands(override: Path | None) -> Mapping[tuple[str, str], tuple[Band, ...]]:
    found: dict[tuple[str, str], tuple[Band, ...]] = {}
    columns = ("reading", "category", "phases", "low", "high", "unit", "valid_from", "valid_to", "mark", "provenance")
    for row in rows("capacity_bands.csv", columns, override):
        row.one_of("mark", MARKS)
        band = _band(row)
        key = (band.reading, band.category)
        if any(b.phases == band.phases and b.period.meets(band.period) for b in found.get(key, ())):
            row.wrong("valid_from", f"{band.reading} of {band.category} has another row for some of these days")
        found[key] = (*found.get(key, ()), band)
    return MappingProxyType(found)


def _band(row: Row) -> Band:
    low, high = row.number("low"), row.number("high")
    if low is None or high is None or high < low:
        row.wrong("high", "must be a number that is not below low")
    phases = row.optional("phases")
    if phases is not None:
        row.one_of("phases", ("1", "2", "3"))
    return Band(row.text("reading"), row.text("category"), int(phases) if phases else None, low, high, period(row))


@lru_cache(maxsize=REMEMBERED)
def band(reading: str, category: str, phases: int | None, on: date, override: Path | None = None) -> Band | None:
    """The band for a category, by its phases where there is one for them, or nothing."""
    known = [b for b in _bands(override).get((reading, category), ()) if b.period.holds(on)]
    exact = next((b for b in known if b.phases is not None and b.phases == phases), None)
    return exact or next((b for b in known if b.phases is None), None)


@cache
def notice_rules(override: Path | None = None) -> Mapping[str, NoticeRule]:
    """How grave each notice is, by rule id."""
    columns = ("rule_id", "severity", "doubts_facts", "what", "mark", "provenance")
    return index(
        (
            (
                row,
                row.matching("rule_id", "[A-Z0-9]+-[A-Z0-9_]+", "capitals, a hyphen and capitals"),
                NoticeRule(
                    row.text("rule_id"),
                    row.one_of("severity", SEVERITIES),
                    row.one_of("doubts_facts", ("yes", "no")) == "yes",
                    row.text("what"),
                ),
            )
            for row in rows("notice_rules.csv", columns, override)
        ),
        "rule_id",
    )


def period(row: Row) -> Period:
    """The days on which a row holds, from its columns `valid_from` and `valid_to`."""
    first, last = row.day("valid_from"), row.day("valid_to")
    if first and last and last < first:
        row.wrong("valid_to", "lies before valid_from")
    return Period(first, last)
