"""Disputes as they lie over assets: each goes with the sighting that it is about, wherever that is joined or parted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules.claims import Claim
from hub.rules.matching.sighting import SightingId
from hub.services.registration import stored
from registry_store import claims, disputes
from registry_store.engine import Connection
from schemas.dispute_codes import DisputeStatus
from schemas.disputes import OpenDispute, ticket_reference
from schemas.records.disputes import DisputeRow
from schemas.vocabulary import ClockKind


@dataclass
class Overlay:
    """Tickets about some sightings, and the claims that corrections have brought with them."""

    tickets: dict[UUID, DisputeRow] = field(default_factory=dict)
    sighting: dict[UUID, SightingId] = field(default_factory=dict)
    corrections: dict[UUID, list[Claim]] = field(default_factory=dict)

    def put(self, row: DisputeRow, about: SightingId) -> None:
        self.tickets[row.dispute_id] = row
        self.sighting[row.dispute_id] = about

    def add(self, other: "Overlay") -> None:
        """Takes in the disputes over further assets."""
        self.tickets |= other.tickets
        self.sighting |= other.sighting
        self.corrections |= other.corrections

    def over(self, members: Iterable[SightingId]) -> list[DisputeRow]:
        """The tickets about an asset, by their ids."""
        if not self.tickets:
            return []
        wanted = set(members)
        return [self.tickets[i] for i in sorted(self.tickets) if self.sighting[i] in wanted]

    def marks(self, members: Iterable[SightingId]) -> tuple[OpenDispute, ...]:
        """What an asset shows of its open disputes; it is disputed while there are any."""
        return tuple(mark for row in self.over(members) if (mark := mark_of(row)) is not None)

    def claims(self, members: Iterable[SightingId]) -> list[Claim]:
        """What corrections say of an asset, beside what its sources do."""
        return [claim for row in self.over(members) for claim in self.corrections.get(row.dispute_id, ())]


async def load(connection: Connection, own_ids: Mapping[SightingId, UUID]) -> Overlay:
    """The tickets about these sightings, each given with the id that the asset would have if nobody else told of it."""
    overlay = Overlay()
    if not own_ids:
        return overlay
    await disputes.adds_sightings(connection)
    by_own_id = {own: sighting for sighting, own in own_ids.items()}
    for row in await disputes.about(connection, sorted(own_ids), sorted(by_own_id)):
        overlay.put(row, about(row, by_own_id))
    await load_corrections(connection, overlay)
    return overlay


async def load_corrections(connection: Connection, overlay: Overlay) -> None:
    """The claims of corrections, which stand under the reference of their ticket."""
    tickets = {
        (row.correction_by, ticket_reference(row.dispute_id)): row.dispute_id
        for row in overlay.tickets.values()
        if row.correction_by is not None
    }
    for claim_row in await claims.of_references(connection, sorted(tickets)):
        claim = stored.from_row(claim_row)
        overlay.corrections.setdefault(tickets[claim.reference], []).append(claim)


def about(row: DisputeRow, by_own_id: Mapping[UUID, SightingId]) -> SightingId:
    """The sighting that a ticket is about."""
    if row.about_source is not None and row.about_reference is not None:
        return row.about_source, row.about_reference
    if row.about_asset_id is None:
        raise ValueError("a ticket is about an asset or a reference")
    return by_own_id[row.about_asset_id]


def mark_of(row: DisputeRow) -> OpenDispute | None:
    """How an open ticket shows on its asset; nothing for one that is closed or not in force."""
    if row.status is None or row.acknowledge_by is None or row.decide_by is None:
        return None
    status = DisputeStatus(row.status)
    if not status.is_open:
        return None
    return OpenDispute(
        dispute_id=row.dispute_id,
        status=status,
        subject=row.subject,
        steps=row.steps,
        acknowledge_by=row.acknowledge_by,
        decide_by=row.decide_by,
        overdue=is_overdue(row),
    )


def is_overdue(row: DisputeRow) -> bool:
    """Whether a clock of an open ticket ran out and what was due then is still to be done."""
    status = DisputeStatus(row.status) if row.status is not None else None
    if status is None or not status.is_open:
        return False
    unacknowledged = status is DisputeStatus.OPEN and ClockKind.DISPUTE_ACKNOWLEDGEMENT in row.reminded
    return unacknowledged or ClockKind.DISPUTE_DECISION in row.reminded
