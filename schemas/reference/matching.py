"""The dated policy of `matching_policy.json` and its tables, typed: when two notifications may be one asset."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from schemas.reference.in_use import kept
from schemas.reference.load import MARKS
from schemas.reference.read import BadReferenceDataError, document

FILE = "matching_policy.json"


@dataclass(frozen=True, slots=True)
class MatchingLimits:
    """Numbers of the policy. Capacities agree within `capacity_percent` of the larger or within `capacity_kw`, days
    of commissioning within `commissioning_days`; lengths of serial numbers are in characters of the normal form, and
    serial numbers whose counting part differs by up to `serial_consecutive_within` are neighbours off one line.
    """

    valid_from: date
    mark: str
    provenance: str
    capacity_percent: Decimal
    capacity_kw: Decimal
    commissioning_days: int
    serial_shortest: int
    serial_shortest_contained: int
    serial_consecutive_within: int

    def same_capacity(self, one: Decimal, other: Decimal) -> bool:
        """Whether two ratings in kW, told in one way (AC or DC, continuous or peak), may be of one device."""
        apart = abs(one - other)
        return apart <= self.capacity_kw or apart * 100 <= self.capacity_percent * max(abs(one), abs(other))

    def same_commissioning(self, one: date, other: date) -> bool:
        """Whether two days of commissioning (Europe/London) may be of one device."""
        return abs((one - other).days) <= self.commissioning_days


@kept
def limits(override: Path | None = None) -> MatchingLimits:
    """The numbers of the policy."""
    given = document(FILE, override).get("limits")
    if not isinstance(given, dict):
        raise BadReferenceDataError(f"{FILE}, limits: must be an object")
    if given.get("mark") not in MARKS or not given.get("provenance"):
        raise BadReferenceDataError(f"{FILE}, limits: mark must be one of {', '.join(MARKS)}, provenance be given")
    return MatchingLimits(
        _day(given, "valid_from"),
        given["mark"],
        given["provenance"],
        _number(given, "capacity_percent"),
        _number(given, "capacity_kw"),
        _count(given, "commissioning_days"),
        _count(given, "serial_shortest"),
        _count(given, "serial_shortest_contained"),
        _count(given, "serial_consecutive_within"),
    )


def _day(given: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(given.get(name)))
    except ValueError:
        raise BadReferenceDataError(f"{FILE}, limits, {name}: must be a date such as 2026-11-01") from None


def _number(given: dict[str, Any], name: str) -> Decimal:
    try:
        number = Decimal(str(given.get(name)))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise BadReferenceDataError(f"{FILE}, limits, {name}: must be a number, zero or more")
    return number


def _count(given: dict[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadReferenceDataError(f"{FILE}, limits, {name}: must be a whole number, zero or more")
    return value
