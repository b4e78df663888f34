"""Whether an enquiry service can help with a place, when it is asked, and which of its addresses is the place's.

Registration never waits for the service: what it could not resolve is asked about later, by the days of a policy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.rules.address import Agreement, compare_addresses
from hub.rules.meter_point_facts import Resolution, SuppliedLocation
from schemas.identifiers import canonical_postcode, canonical_uprn, normalise_serial, parse_mpan
from schemas.reference.enquiries import EnquiryPolicy
from schemas.vocabulary import EnquiryReason, MpanResolution

Policies = Mapping[EnquiryReason, EnquiryPolicy]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to look first, and from when on the age is told."""

    due_at: datetime
    alarm_at: datetime


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """An address as the service has it."""

    uprn: str = field(repr=False)
    address_line: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)


def reason_to_ask(resolution: Resolution, supplied: SuppliedLocation) -> EnquiryReason | None:
    """Why the service is to be asked about a place; nothing where it is resolved, or where asking cannot help.

    Two meter points at one UPRN stay two however often one asks; that is for people. What several addresses in a street
    have in common, the UPRN of the right one tells apart.
    """
    if resolution.region not in (None, "GB") or not _can_be_asked(supplied):
        return None
    outcomes = {resolution.outcome, resolution.import_outcome, resolution.export_outcome}
    if MpanResolution.NOT_FOUND in outcomes:
        return EnquiryReason.NOT_FOUND
    unsettled = MpanResolution.AMBIGUOUS in outcomes or (
        resolution.outcome is MpanResolution.RESOLVED_PROBABLE and resolution.import_mpan is None
    )
    if unsettled and _has_address(supplied) and not _has_key(supplied):
        return EnquiryReason.AMBIGUOUS
    if MpanResolution.PENDING_EXPORT_MPAN in outcomes:
        return EnquiryReason.PENDING_EXPORT_MPAN
    return None


def schedule(reason: EnquiryReason, opened_at: datetime, policies: Policies) -> Schedule:
    """The first look at a place."""
    policy = policies[reason]
    return Schedule(
        opened_at + timedelta(days=policy.first_after),
        opened_at + timedelta(days=policy.alarm_after),
    )


def next_look(reason: EnquiryReason, attempts: int, asked_at: datetime, policies: Policies) -> datetime:
    """When to look again after so many looks (1 or more)."""
    steps = policies[reason].again_after
    return asked_at + timedelta(days=steps[min(attempts, len(steps)) - 1])


def still_good(reason: EnquiryReason, asked_at: datetime, now: datetime, policies: Policies) -> bool:
    """Whether an answer of then need not be asked for again now."""
    return now < asked_at + timedelta(days=policies[reason].answer_good)


def the_address(found: Iterable[FoundAddress], address_line: str | None, postcode: str | None) -> FoundAddress | None:
    """The one address of the service's that is the place's; nothing where several could be, or none is near enough."""
    by_level: dict[Agreement, dict[str, FoundAddress]] = {}
    for address in found:
        level = compare_addresses(address_line, postcode, address.address_line, address.postcode)
        by_level.setdefault(level, {}).setdefault(address.uprn, address)
    for level in (Agreement.FULL, Agreement.HOUSE_NUMBER):
        if near := by_level.get(level):
            return next(iter(near.values())) if len(near) == 1 else None
    return None


def _can_be_asked(supplied: SuppliedLocation) -> bool:
    return _has_address(supplied) or bool(_mpan(supplied) or canonical_uprn(supplied.uprn).value)


def _has_address(supplied: SuppliedLocation) -> bool:
    return bool(supplied.address_line) and canonical_postcode(supplied.postcode).canonical is not None


def _has_key(supplied: SuppliedLocation) -> bool:
    return bool(canonical_uprn(supplied.uprn).value or normalise_serial(supplied.meter_serial).normal)


def _mpan(supplied: SuppliedLocation) -> str | None:
    return parse_mpan(supplied.import_mpan).core or parse_mpan(supplied.export_mpan).core
