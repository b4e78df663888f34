"""Messages that were set aside, exact as they came."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import quarantine
from schemas.records import QuarantineRow


async def put(connection: AsyncConnection, rows: Sequence[QuarantineRow]) -> None:
    await bulk.append(connection, quarantine, rows)


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
