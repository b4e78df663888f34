"""Questions that wait for people, and those that have been answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, and_, cast, exists, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.access import RowFilter
from registry_store import bulk
from registry_store.assets import visible
from registry_store.tables import asset, review_item
from schemas.records.decisions import ReviewItemRow

Cursor = tuple[datetime, UUID]


@dataclass(frozen=True)
class Filters:
    """What a reader asks for. `opened_before` gives those that are at least so old; `operator` is a network's code."""

    kind: str | None = None
    state: str | None = None
    opened_before: datetime | None = None
    operator: str | None = None


@dataclass(frozen=True)
class OpenItems:
    """How many items of a kind are open, and since when the oldest of them is."""

    kind: str
    count: int
    oldest: datetime


async def by_ids(connection: AsyncConnection, item_ids: Sequence[UUID]) -> list[ReviewItemRow]:
    if not item_ids:
        return []
    found = await connection.execute(select(review_item).where(review_item.c.item_id.in_(item_ids)))
    return [ReviewItemRow.model_validate(row) for row in found]


async def put(connection: AsyncConnection, rows: Sequence[ReviewItemRow]) -> None:
    await bulk.upsert(connection, review_item, rows)


async def page(
    connection: AsyncConnection, allowed: RowFilter, filters: Filters, after: Cursor | None, limit: int
) -> list[ReviewItemRow]:
    """The oldest first: those about an asset that the reader may see."""
    of_item = or_(asset.c.asset_id == review_item.c.asset_id, asset.c.asset_id == review_item.c.other_asset_id)
    about = [of_item, visible(allowed)]
    if filters.operator is not None:
        about.append(asset.c.operators.bool_op("&&")(cast([filters.operator], ARRAY(Text))))
    query = select(review_item).where(exists(select(asset.c.asset_id).where(and_(*about))))
    for name in ("kind", "state"):
        if (wanted := getattr(filters, name)) is not None:
            query = query.where(review_item.c[name] == wanted)
    if filters.opened_before is not None:
        query = query.where(review_item.c.opened_at <= filters.opened_before)
    order = (review_item.c.opened_at, review_item.c.item_id)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    found = await connection.execute(query.order_by(*order).limit(limit))
    return [ReviewItemRow.model_validate(row) for row in found]


async def one(connection: AsyncConnection, allowed: RowFilter, item_id: UUID) -> ReviewItemRow | None:
    """The item, if the reader may see an asset that it is about."""
    of_item = or_(asset.c.asset_id == review_item.c.asset_id, asset.c.asset_id == review_item.c.other_asset_id)
    query = select(review_item).where(
        review_item.c.item_id == item_id, exists(select(asset.c.asset_id).where(of_item, visible(allowed)))
    )
    row = (await connection.execute(query)).one_or_none()
    return ReviewItemRow.model_validate(row) if row else None


async def waiting(connection: AsyncConnection) -> list[OpenItems]:
    """Every kind of which an item is open."""
    found = await connection.execute(
        select(review_item.c.kind, func.count(), func.min(review_item.c.opened_at))
        .where(review_item.c.state == "open")
        .group_by(review_item.c.kind)
        .order_by(review_item.c.kind)
    )
    return [OpenItems(*row) for row in found]


async def decided_since(connection: AsyncConnection, since: datetime) -> int:
    """How many were decided from then on."""
    found = await connection.execute(
        text("SELECT count(*) FROM review_item WHERE state = 'decided' AND closed_at >= :since"), {"since": since}
    )
    return int(found.scalar_one())
