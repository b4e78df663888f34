"""When an enquiry service is asked about a place: the dated policy, by reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from schemas.reference.in_use import kept
from schemas.reference.read import BadReferenceDataError, Row, rows
from schemas.vocabulary import EnquiryReason

MARKS = ("source", "recalled", "computed", "proposed")
_DAYS = "[0-9]+", "a whole number of days"


@dataclass(frozen=True, slots=True)
class EnquiryPolicy:
    """Days, for one reason, from `valid_from` up to but not on `valid_to`; the last of `again_after` repeats."""

    reason: EnquiryReason
    valid_from: date
    valid_to: date | None
    first_after: int
    again_after: tuple[int, ...]
    alarm_after: int
    answer_good: int


@cache
def enquiry_policies(override: Path | None = None) -> tuple[EnquiryPolicy, ...]:
    """Every row of the policy."""
    columns = ("reason", "valid_from", "valid_to", "first_after_days", "again_after_days", "alarm_after_days")
    read = rows("enquiry_policy.csv", (*columns, "answer_good_days", "mark", "provenance"), override)
    return tuple(_policy(row) for row in read)


def _policy(row: Row) -> EnquiryPolicy:
    row.one_of("mark", MARKS)
    valid_from, valid_to = row.day("valid_from"), row.day("valid_to")
    if valid_from is None:
        row.wrong("valid_from", "is empty")
    again = row.parts("again_after_days")
    if not again or not all(part.isdigit() and int(part) > 0 for part in again):
        row.wrong("again_after_days", "must be whole numbers of days above zero with | between them")
    return EnquiryPolicy(
        reason=EnquiryReason(row.one_of("reason", tuple(EnquiryReason))),
        valid_from=valid_from,
        valid_to=valid_to,
        first_after=int(row.matching("first_after_days", *_DAYS)),
        again_after=tuple(int(part) for part in again),
        alarm_after=int(row.matching("alarm_after_days", *_DAYS)),
        answer_good=int(row.matching("answer_good_days", *_DAYS)),
    )


@kept
def enquiry_policy(on: date, override: Path | None = None) -> Mapping[EnquiryReason, EnquiryPolicy]:
    """The policy of a day. Raises `BadReferenceDataError` when it lacks a reason."""
    current = {
        p.reason: p
        for p in sorted(enquiry_policies(override), key=lambda p: p.valid_from)
        if p.valid_from <= on and (p.valid_to is None or on < p.valid_to)
    }
    first = min(p.valid_from for p in enquiry_policies(override))
    if on < first:
        # A replay of older messages asks by the first policy that there was.
        return enquiry_policy(first, override)
    if missing := [reason for reason in EnquiryReason if reason not in current]:
        raise BadReferenceDataError(f"enquiry_policy.csv: has no row for {missing[0]} on {on}")
    return current
