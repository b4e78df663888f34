"""Every version of every asset, written once."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import asset_history, former_operator
from schemas.records import AssetHistoryRow, FormerOperatorRow


async def add(connection: AsyncConnection, rows: Sequence[AssetHistoryRow]) -> None:
    await bulk.append(connection, asset_history, rows)


async def note_former_operators(connection: AsyncConnection, rows: Sequence[FormerOperatorRow]) -> None:
    await bulk.add_new(connection, former_operator, list(dict.fromkeys(rows)))


async def of(
    connection: AsyncConnection, asset_id: UUID, as_of: date | None = None, known_at: datetime | None = None
) -> list[AssetHistoryRow]:
    """Versions in their order: those true in the world from `as_of` or before, and known at `known_at`."""
    query = select(asset_history).where(asset_history.c.asset_id == asset_id).order_by(asset_history.c.version)
    if as_of is not None:
        query = query.where(asset_history.c.valid_from <= as_of)
    if known_at is not None:
        query = query.where(asset_history.c.recorded_at <= known_at)
    return [AssetHistoryRow.model_validate(row) for row in await connection.execute(query)]
