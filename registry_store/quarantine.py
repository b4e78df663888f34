"""Messages that were set aside, exact as they came."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import quarantine
from schemas.records.journal import QuarantineRow

_NAMESPACE = UUID("6f7f6a52-6d3c-4a52-9a52-9d2b0c6f5a11")


def id_of(participant: str, message_id: str, code: str, body: bytes) -> UUID:
    """One id for one message refused for one cause: a device that repeats itself for ever fills one row."""
    return uuid5(_NAMESPACE, "\x1f".join((participant, message_id, code, hashlib.sha256(body).hexdigest())))


async def put(connection: AsyncConnection, rows: Sequence[QuarantineRow]) -> list[QuarantineRow]:
    """Sets messages aside; what is there already stays as it is. Gives those that were not there yet."""
    by_id = {row.quarantine_id: row for row in rows}
    return [by_id[found] for (found,) in await bulk.add_new(connection, quarantine, list(by_id.values()))]


async def held(connection: AsyncConnection, limit: int = 1000) -> list[QuarantineRow]:
    """What has not been released, oldest first."""
    found = await connection.execute(
        select(quarantine).where(quarantine.c.released_at.is_(None)).order_by(quarantine.c.received_at).limit(limit)
    )
    return [QuarantineRow.model_validate(row) for row in found]


async def get(connection: AsyncConnection, quarantine_id: UUID) -> QuarantineRow | None:
    found = await connection.execute(select(quarantine).where(quarantine.c.quarantine_id == quarantine_id))
    row = found.one_or_none()
    return QuarantineRow.model_validate(row) if row else None


async def mark_released(connection: AsyncConnection, quarantine_id: UUID, now: datetime) -> None:
    await connection.execute(
        update(quarantine).where(quarantine.c.quarantine_id == quarantine_id).values(released_at=now)
    )
