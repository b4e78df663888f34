"""Tickets of disputes, and their messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, or_, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.access import RowFilter
from registry_store import bulk, locks
from registry_store import rows as store
from registry_store.claims import Reference
from registry_store.tables import dispute, dispute_message, sighting
from schemas.records.disputes import DisputeMessageRow, DisputeRow
from schemas.records.sightings import SightingRow

OPEN = ("OPEN", "ACKNOWLEDGED", "INVESTIGATING")


async def hold(connection: AsyncConnection, dispute_ids: Sequence[UUID]) -> None:
    """Lets no other worker decide about these tickets until the transaction ends."""
    await locks.take(connection, [f"dispute\x1f{dispute_id}" for dispute_id in dispute_ids])


async def wait_for_sightings(connection: AsyncConnection) -> None:
    """Waits for every worker that is adding sightings, and keeps others from it: what a ticket waits for may be one."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": locks.DISPUTES_WAITING})


async def adds_sightings(connection: AsyncConnection) -> None:
    """Says that this transaction adds sightings, for which a ticket may be waiting."""
    await store.fetch(connection, "SELECT pg_advisory_xact_lock_shared($1)", locks.DISPUTES_WAITING)


async def by_ids(connection: AsyncConnection, dispute_ids: Sequence[UUID]) -> list[DisputeRow]:
    if not dispute_ids:
        return []
    found = await connection.execute(select(dispute).where(dispute.c.dispute_id.in_(dispute_ids)))
    return [DisputeRow.model_validate(row) for row in found]


async def messages(connection: AsyncConnection, dispute_ids: Sequence[UUID]) -> list[DisputeMessageRow]:
    if not dispute_ids:
        return []
    found = await connection.execute(select(dispute_message).where(dispute_message.c.dispute_id.in_(dispute_ids)))
    return [DisputeMessageRow.model_validate(row) for row in found]


async def about(
    connection: AsyncConnection, references: Sequence[Reference], own_ids: Sequence[UUID]
) -> list[DisputeRow]:
    """Tickets about these sightings that are not closed, or whose correction is a claim about the asset since."""
    if not references:
        return []
    found = await store.fetch(connection, _ABOUT, store.as_json(references), store.as_json(own_ids))
    return store.read(DisputeRow, found)


_ABOUT = (
    "WITH k AS (SELECT e->>0 AS s, e->>1 AS r FROM jsonb_array_elements($1::jsonb) e),"
    " found AS (SELECT d.* FROM dispute d JOIN k ON (d.about_source, d.about_reference) = (k.s, k.r)"
    " UNION SELECT d.* FROM dispute d"
    " WHERE d.about_asset_id = ANY(ARRAY(SELECT i::uuid FROM jsonb_array_elements_text($2::jsonb) i)))"
    " SELECT * FROM found WHERE closed_at IS NULL OR correction_by IS NOT NULL ORDER BY dispute_id"
)


async def sightings_of(connection: AsyncConnection, rows: Sequence[DisputeRow]) -> list[SightingRow]:
    """The sightings that tickets are about, as far as they are there."""
    found = await connection.execute(
        text(
            "SELECT s.* FROM sighting s JOIN unnest(CAST(:sources AS text[]), CAST(:refs AS text[])) AS k(s, r)"
            " ON (s.source, s.reference) = (k.s, k.r)"
            " UNION SELECT s.* FROM sighting s WHERE s.own_id = ANY(CAST(:own AS uuid[]))"
        ).columns(*sighting.columns),
        {
            "sources": [row.about_source for row in rows if row.about_reference is not None],
            "refs": [row.about_reference for row in rows if row.about_reference is not None],
            "own": [row.about_asset_id for row in rows if row.about_asset_id is not None],
        },
    )
    return [SightingRow.model_validate(row) for row in found]


async def asset_meant(connection: AsyncConnection, reference: Reference | None, asset_id: UUID | None) -> UUID | None:
    """The asset that a reference or an id leads to now; nothing where there is none."""
    c = sighting.c
    named = and_(c.source == reference[0], c.reference == reference[1]) if reference is not None else None
    by = named if named is not None else c.own_id == asset_id
    found: UUID | None = (await connection.execute(select(c.asset_id).where(by))).scalar()
    return found


async def put(
    connection: AsyncConnection, tickets: Sequence[DisputeRow], their_messages: Sequence[DisputeMessageRow]
) -> None:
    """Writes tickets as they are now, and what their messages came to."""
    await bulk.upsert(connection, dispute, tickets)
    await bulk.upsert(connection, dispute_message, their_messages)


@dataclass(frozen=True)
class Filters:
    """What a reader asks for. `is_open` is about the status, `overdue` about a deadline that has passed."""

    status: str | None = None
    subject: str | None = None
    asset_id: UUID | None = None
    is_open: bool | None = None
    overdue: bool | None = None


def visible(allowed: RowFilter) -> ColumnElement[bool]:
    """Tickets in force whose parties include the reader or one for whom he speaks."""
    in_force = dispute.c.status.is_not(None)
    if allowed.everything:
        return in_force & true()
    names = cast(sorted({*allowed.sources, *allowed.fsps}), ARRAY(Text))
    return in_force & dispute.c.parties.bool_op("?|")(names)


async def page(
    connection: AsyncConnection, allowed: RowFilter, filters: Filters, after: UUID | None, limit: int
) -> list[DisputeRow]:
    """The next tickets in the order of their ids that the reader is a party of and that match every filter given."""
    query: Select[tuple[object, ...]] = (
        select(dispute).where(visible(allowed)).order_by(dispute.c.dispute_id).limit(limit)
    )
    for name in ("status", "subject", "asset_id"):
        wanted = getattr(filters, name)
        if wanted is not None:
            query = query.where(dispute.c[name] == wanted)
    if filters.is_open is not None:
        found = dispute.c.status.in_(OPEN)
        query = query.where(found if filters.is_open else ~found)
    if filters.overdue is not None:
        query = query.where(_overdue() if filters.overdue else ~_overdue())
    if after is not None:
        query = query.where(dispute.c.dispute_id > after)
    return [DisputeRow.model_validate(row) for row in await connection.execute(query)]


def _overdue() -> ColumnElement[bool]:
    undecided = and_(dispute.c.reminded.contains(["DISPUTE_DECISION"]), dispute.c.status.in_(OPEN))
    unacknowledged = and_(dispute.c.reminded.contains(["DISPUTE_ACKNOWLEDGEMENT"]), dispute.c.status == "OPEN")
    return or_(undecided, unacknowledged)


async def one(connection: AsyncConnection, allowed: RowFilter, dispute_id: UUID) -> DisputeRow | None:
    """The ticket, or nothing where there is none or the reader is no party of it."""
    found = await connection.execute(select(dispute).where(dispute.c.dispute_id == dispute_id, visible(allowed)))
    row = found.one_or_none()
    return DisputeRow.model_validate(row) if row else None
