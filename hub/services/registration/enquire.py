"""Stage: places that could not be resolved are put where an enquiry service is asked about them later.

In the registration's own transaction, so that nothing is forgotten and nobody waits.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from hub.clock import london_date
from hub.rules import enquiry
from hub.rules.claims import Claim, Told, fold
from hub.rules.matching.sighting import SightingId
from hub.rules.meter_point_facts import Resolution, SuppliedLocation
from hub.services.registration import resolve
from hub.services.registration.conflicts import Effect
from hub.services.registration.view import RegisterView
from registry_store import enquiries
from registry_store.engine import Connection
from schemas.findings import MeterPointsAnswered
from schemas.notifications import AssetDecommissioned
from schemas.records.meter_points import MeterPointEnquiryRow
from schemas.reference.enquiries import enquiry_policy


@dataclass(frozen=True)
class Place:
    """What one source tells of a place under one reference, and what it came to; no location closes its enquiry."""

    source: str
    sender_asset_ref: str
    location: SuppliedLocation | None
    resolution: Resolution | None

    @property
    def reference(self) -> enquiries.Reference:
        return self.source, self.sender_asset_ref


def places(effects: Sequence[Effect], view: RegisterView) -> list[Place]:
    """The places of those references of a batch about which something was said that may end or begin an enquiry."""
    found = {e.claim.reference: e for e in effects if e.own is not None and _is_about_place(e.claim)}
    told = {t.latest.reference: t for said in view.accounts.values() for t in said.told}
    return [_place(reference, told.get(reference) or fold(view.claims[reference])) for reference in found]


def _is_about_place(claim: Claim) -> bool:
    notice = claim.notification
    if isinstance(notice, MeterPointsAnswered | AssetDecommissioned):
        return True
    return getattr(notice, "location", None) is not None


def _place(reference: SightingId, told: Told) -> Place:
    location = told.facts.get("location")
    if location is None or told.removed is not None:
        return Place(*reference, None, None)
    return Place(*reference, resolve.supplied(location), told.resolution)


async def settle(connection: Connection, places: Sequence[Place], now: datetime) -> None:
    """Opens an enquiry for each place that needs one and closes those of the others; the last of a reference counts."""
    last = {place.reference: place for place in places}
    wanted = {reference: row for reference, place in last.items() if (row := wanted_row(place, now)) is not None}
    await enquiries.open_(connection, list(wanted.values()))
    await enquiries.close(connection, [reference for reference in last if reference not in wanted])


def wanted_row(place: Place, now: datetime) -> MeterPointEnquiryRow | None:
    """The enquiry that a place needs, as it is when opened now."""
    if place.location is None or place.resolution is None:
        return None
    reason = enquiry.reason_to_ask(place.resolution, place.location)
    if reason is None:
        return None
    when = enquiry.schedule(reason, now, enquiry_policy(london_date(now)))
    return MeterPointEnquiryRow(
        source=place.source,
        sender_asset_ref=place.sender_asset_ref,
        reason=reason,
        question={name: value for name, value in asdict(place.location).items() if value is not None},
        opened_at=now,
        due_at=when.due_at,
        alarm_at=when.alarm_at,
        attempts=0,
        asked_at=None,
        told_overdue=False,
        answer_sha256=None,
    )
