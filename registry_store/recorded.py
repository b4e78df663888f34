"""What a register noted of messages when they had their effect, for a replay of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store.inbox import Key
from registry_store.sightings import SightingId
from registry_store.tables import quarantine
from schemas.records.journal import QuarantineRow

Place = tuple[int, int]
"""Partition and offset in the journal."""


@dataclass(frozen=True)
class Noted:
    """Where a message had its effect, with what body, and when the register noted it."""

    place: Place
    body_sha256: bytes
    recorded_at: datetime | None


Message = tuple[Key, SightingId]
"""A message, and the reference that it speaks of."""


async def effects(connection: AsyncConnection, messages: Sequence[Message]) -> dict[Message, Noted]:
    """What was noted of these messages; those are missing that had no effect. Two may have one id."""
    if not messages:
        return {}
    found = await connection.execute(
        text(
            "SELECT k.sender, k.message_id, k.source, k.reference,"
            " i.journal_partition, i.journal_offset, i.body_sha256,"
            " coalesce(c.recorded_at, d.received_at, r.recorded_at) AS recorded_at"
            " FROM unnest(CAST(:senders AS text[]), CAST(:ids AS text[]), CAST(:sources AS text[]),"
            " CAST(:refs AS text[])) AS k(sender, message_id, source, reference)"
            " JOIN inbox i USING (sender, message_id)"
            " LEFT JOIN source_claim c ON (c.source, c.sender_asset_ref) = (k.source, k.reference)"
            " AND (c.sender, c.message_id) = (k.sender, k.message_id)"
            # What waits for its asset in a dispute is answered once more when it is there.
            " LEFT JOIN dispute_message d ON (d.sender, d.message_id) = (k.sender, k.message_id)"
            # What only says a thing again has no claim of its own, and its receipt is never written anew.
            " LEFT JOIN receipt r ON (r.participant, r.message_id) = (k.sender, k.message_id)"
        ),
        {
            "senders": [sender for (sender, _), _ in messages],
            "ids": [message_id for (_, message_id), _ in messages],
            "sources": [source for _, (source, _) in messages],
            "refs": [reference for _, (_, reference) in messages],
        },
    )
    return {
        ((row.sender, row.message_id), (row.source, row.reference)): Noted(
            (row.journal_partition, row.journal_offset), bytes(row.body_sha256), row.recorded_at
        )
        for row in found
    }


async def set_aside(connection: AsyncConnection, places: Sequence[Place]) -> dict[Place, QuarantineRow]:
    """What of these places is in quarantine."""
    found = await connection.execute(
        text(
            "SELECT q.* FROM quarantine q JOIN unnest(CAST(:partitions AS bigint[]), CAST(:offsets AS bigint[]))"
            " AS k(p, o) ON (k.p, k.o) = (q.journal_partition, q.journal_offset)"
        ).columns(*quarantine.columns),
        {"partitions": [p for p, _ in places], "offsets": [o for _, o in places]},
    )
    rows = [QuarantineRow.model_validate(row) for row in found]
    return {(row.journal_partition or 0, row.journal_offset or 0): row for row in rows}


async def own_ids(connection: AsyncConnection, ids: Sequence[SightingId]) -> dict[SightingId, UUID]:
    """The asset id that each of these sightings was first given."""
    found = await connection.execute(
        text(
            "SELECT t.source, t.reference, t.own_id FROM sighting t"
            " JOIN unnest(CAST(:sources AS text[]), CAST(:refs AS text[])) AS k(s, r)"
            " ON (t.source, t.reference) = (k.s, k.r)"
        ),
        {"sources": [s for s, _ in ids], "refs": [r for _, r in ids]},
    )
    return {(row.source, row.reference): UUID(str(row.own_id)) for row in found}
