"""Assets as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.access import RowFilter
from registry_store import bulk, rows
from registry_store.tables import asset
from schemas.records.assets import AssetRow


def visible(allowed: RowFilter) -> ColumnElement[bool]:
    """The row filter in SQL, over the asset table."""
    if allowed.everything:
        return true()
    return or_(
        asset.c.operators.bool_op("&&")(cast(allowed.operator_codes, ARRAY(Text))),
        asset.c.sources.bool_op("&&")(cast(allowed.sources, ARRAY(Text))),
        asset.c.fsp.in_(allowed.fsps),
    )


@dataclass(frozen=True)
class Filters:
    """What a reader asks for; each is an exact match of the canonical value."""

    import_mpan: str | None = None
    export_mpan: str | None = None
    serial_key: str | None = None
    postcode: str | None = None
    asset_category: str | None = None
    status: str | None = None


async def by_ids(connection: AsyncConnection, asset_ids: Sequence[UUID]) -> list[AssetRow]:
    if not asset_ids:
        return []
    found = await rows.fetch(
        connection,
        "SELECT * FROM asset WHERE asset_id = ANY(ARRAY(SELECT i::uuid FROM jsonb_array_elements_text($1::jsonb) i))",
        rows.as_json(asset_ids),
    )
    return rows.read(AssetRow, found)


async def add(connection: AsyncConnection, assets: Sequence[AssetRow]) -> None:
    """Adds assets that were never there."""
    await bulk.append(connection, asset, assets)


async def put(connection: AsyncConnection, assets: Sequence[AssetRow]) -> None:
    await bulk.upsert(connection, asset, assets)


async def page(
    connection: AsyncConnection, allowed: RowFilter, filters: Filters, after: UUID | None, limit: int
) -> list[AssetRow]:
    """The next assets in the order of their ids that the reader may see and that match every filter given.

    One that has turned out to be another is not among them: the other is.
    """
    query: Select[tuple[object, ...]] = (
        select(asset).where(visible(allowed), asset.c.merged_into.is_(None)).order_by(asset.c.asset_id).limit(limit)
    )
    for name in Filters.__dataclass_fields__:
        wanted = getattr(filters, name)
        if wanted is not None:
            query = query.where(asset.c[name] == wanted)
    if after is not None:
        query = query.where(asset.c.asset_id > after)
    return [AssetRow.model_validate(row) for row in await connection.execute(query)]


async def one(connection: AsyncConnection, allowed: RowFilter, asset_id: UUID) -> AssetRow | None:
    """The asset, or nothing where it does not exist or the reader may not see it."""
    found = await connection.execute(select(asset).where(asset.c.asset_id == asset_id, visible(allowed)))
    row = found.one_or_none()
    return AssetRow.model_validate(row) if row else None
