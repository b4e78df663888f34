"""Every version of every asset, written once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import asset_history, former_operator
from schemas.records.assets import AssetHistoryRow, FormerOperatorRow
from schemas.records.record import Json


async def add(connection: AsyncConnection, rows: Sequence[AssetHistoryRow]) -> None:
    await bulk.append(connection, asset_history, rows)


async def note_former_operators(connection: AsyncConnection, rows: Sequence[FormerOperatorRow]) -> None:
    await bulk.add_new(connection, former_operator, list(dict.fromkeys(rows)))


async def of(connection: AsyncConnection, asset_id: UUID) -> list[AssetHistoryRow]:
    """Every version of an asset, in their order."""
    query = select(asset_history).where(asset_history.c.asset_id == asset_id).order_by(asset_history.c.version)
    return [AssetHistoryRow.model_validate(row) for row in await connection.execute(query)]


async def page(
    connection: AsyncConnection, asset_id: UUID, known_at: datetime, after: int, limit: int
) -> list[AssetHistoryRow]:
    """The next versions after a number, in their order, as far as they were known at a time."""
    query = (
        select(asset_history)
        .where(
            asset_history.c.asset_id == asset_id,
            asset_history.c.version > after,
            asset_history.c.recorded_at <= known_at,
        )
        .order_by(asset_history.c.version)
        .limit(limit)
    )
    return [AssetHistoryRow.model_validate(row) for row in await connection.execute(query)]


async def causes_after(
    connection: AsyncConnection, asset_id: UUID, version: int, recorded_at: datetime
) -> list[tuple[str, str]]:
    """The messages (sender and id) behind the versions after a number that were recorded at this same moment."""
    query = select(asset_history.c.participant, asset_history.c.message_id).where(
        asset_history.c.asset_id == asset_id,
        asset_history.c.version > version,
        asset_history.c.recorded_at == recorded_at,
    )
    return [(row.participant, row.message_id) for row in await connection.execute(query)]


async def turns(connection: AsyncConnection, asset_id: UUID, known_at: datetime) -> list[AssetHistoryRow]:
    """The versions with which an asset was merged or split, or its relations to others changed, in their order."""
    query = (
        select(asset_history)
        .where(
            asset_history.c.asset_id == asset_id,
            asset_history.c.recorded_at <= known_at,
            or_(
                asset_history.c.change.in_(("merged", "split")),
                asset_history.c.changed_fields.bool_op("@>")(cast(["related"], ARRAY(Text))),
            ),
        )
        .order_by(asset_history.c.version)
    )
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
