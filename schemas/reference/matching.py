"""The dated policy of `matching_policy.json` and its tables, typed: when two notifications may be one asset."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from schemas.reference.in_use import kept
from schemas.reference.load import MARKS, asset_categories
from schemas.reference.read import BadReferenceDataError, document
from schemas.vocabulary import ParticipantKind

FILE = "matching_policy.json"


@dataclass(frozen=True, slots=True)
class MatchingLimits:
    """Numbers of the policy.

    Capacities agree within `capacity_percent` of the larger or within `capacity_kw`, and are the same within
    `capacity_same_kw`; one that is `capacity_sums` times another, within `capacity_sum_percent`, may be the sum of so
    many devices. Days of commissioning agree within `commissioning_days` and are the same within
    `commissioning_same_days`; a device that is put up elsewhere `moved_days` later has moved, one of another number
    that is put up `replaced_days` later replaces the first.

    Lengths of serial numbers are in characters of the normal form. Serial numbers whose counting part differs by up to
    `serial_consecutive_within` are neighbours off one line; after one of `serial_counting_digits` or more, up
    to `serial_check_characters` may be a check.
    Two that have letters for digits at `serial_kinds_differ` places are not of one line.

    A candidate is better than another by `margin_bits`. More than `crowd` sightings share no key of one home, and more
    than `estate` of a kind in a postcode are an estate. A decision depends on at most `reach` sightings; where keys
    lead to more, they are not followed beyond the home. Of `several_at_home` a home usually has several. A box of
    `told_for_parts` may be told in its own word or in that of one of its parts.

    Participants of the kinds `keepers_of_lists` keep lists of whole sites; rows of which `site_words_percent` of the
    words agree name one site, and one fits better than another by `margin_of_rows_bits`.

    """

    valid_from: date
    mark: str
    provenance: str
    capacity_percent: Decimal
    capacity_kw: Decimal
    capacity_same_kw: Decimal
    capacity_sums: tuple[int, ...]
    capacity_sum_percent: Decimal
    commissioning_days: int
    commissioning_same_days: int
    moved_days: int
    replaced_days: int
    serial_shortest: int
    serial_shortest_contained: int
    serial_shortest_alone: int
    serial_consecutive_within: int
    serial_check_characters: int
    serial_counting_digits: int
    serial_kinds_differ: int
    margin_bits: Decimal
    crowd: int
    estate: int
    reach: int
    several_at_home: frozenset[str]
    told_for_parts: Mapping[str, frozenset[str]]
    keepers_of_lists: frozenset[str]
    site_words_percent: Decimal
    margin_of_rows_bits: Decimal

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
        valid_from=_day(given, "valid_from"),
        mark=given["mark"],
        provenance=given["provenance"],
        capacity_percent=_number(given, "capacity_percent"),
        capacity_kw=_number(given, "capacity_kw"),
        capacity_same_kw=_number(given, "capacity_same_kw"),
        capacity_sums=_counts(given, "capacity_sums"),
        capacity_sum_percent=_number(given, "capacity_sum_percent"),
        commissioning_days=_count(given, "commissioning_days"),
        commissioning_same_days=_count(given, "commissioning_same_days"),
        moved_days=_count(given, "moved_days"),
        replaced_days=_count(given, "replaced_days"),
        serial_shortest=_count(given, "serial_shortest"),
        serial_shortest_contained=_count(given, "serial_shortest_contained"),
        serial_shortest_alone=_count(given, "serial_shortest_alone"),
        serial_consecutive_within=_count(given, "serial_consecutive_within"),
        serial_check_characters=_count(given, "serial_check_characters"),
        serial_counting_digits=_count(given, "serial_counting_digits"),
        serial_kinds_differ=_count(given, "serial_kinds_differ"),
        margin_bits=_number(given, "margin_bits"),
        crowd=_count(given, "crowd"),
        estate=_count(given, "estate"),
        reach=_count(given, "reach"),
        keepers_of_lists=_kinds(given, "keepers_of_lists"),
        margin_of_rows_bits=_number(given, "margin_of_rows_bits"),
        site_words_percent=_number(given, "site_words_percent"),
        several_at_home=_categories(given, "several_at_home", override),
        told_for_parts=_parts(given, "told_for_parts", override),
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


def _counts(given: dict[str, Any], name: str) -> tuple[int, ...]:
    values = given.get(name)
    if not isinstance(values, list) or not all(isinstance(value, int) and value > 1 for value in values):
        raise BadReferenceDataError(f"{FILE}, limits, {name}: must be a list of whole numbers, two or more each")
    return tuple(values)


def _kinds(given: dict[str, Any], name: str) -> frozenset[str]:
    values = given.get(name)
    if not isinstance(values, list) or not all(value in set(ParticipantKind) for value in values):
        raise BadReferenceDataError(f"{FILE}, limits, {name}: must be a list of kinds of participant")
    return frozenset(values)


def _categories(given: dict[str, Any], name: str, override: Path | None) -> frozenset[str]:
    values, known = given.get(name), asset_categories(override)
    if not isinstance(values, list) or not all(value in known for value in values):
        raise BadReferenceDataError(f"{FILE}, limits, {name}: must be a list of asset categories")
    return frozenset(values)


def _parts(given: dict[str, Any], name: str, override: Path | None) -> Mapping[str, frozenset[str]]:
    values, known = given.get(name), asset_categories(override)
    if not isinstance(values, dict) or not all(category in known for category in values):
        raise BadReferenceDataError(f"{FILE}, limits, {name}: must be an object with asset categories for names")
    return {category: _categories(values, category, override) for category in values}
