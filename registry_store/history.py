"""Every version of every asset, written once."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import asset_history
from schemas.records import AssetHistoryRow, Json


async def add(connection: AsyncConnection, rows: Sequence[AssetHistoryRow]) -> None:
    await bulk.append(connection, asset_history, rows)


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


async def states(
    connection: AsyncConnection, versions: Sequence[tuple[UUID | None, int | None]]
) -> dict[tuple[UUID | None, int | None], Json]:
    """The states of these versions of assets, of those that are there."""
    rows = await connection.execute(
        text(
            "SELECT h.asset_id, h.version, h.state FROM asset_history h"
            " JOIN unnest(CAST(:ids AS uuid[]), CAST(:versions AS bigint[])) AS k(a, v)"
            " ON (h.asset_id, h.version) = (k.a, k.v)"
        ).columns(asset_history.c.asset_id, asset_history.c.version, asset_history.c.state),
        {"ids": [a for a, _ in versions], "versions": [v for _, v in versions]},
    )
    return {(row.asset_id, row.version): row.state for row in rows}
