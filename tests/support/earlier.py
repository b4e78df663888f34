"""A register as the first version kept it: claims with their assets, no sightings."""

import json
from uuid import UUID

import uuid_utils.compat as uuid
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import migrate
from registry_store.engine import Engine, connect, transaction

_KEPT = ("participant", "delegation", "consent", "inbox", "receipt", "watermark", "quarantine")


async def as_first_version(present: Engine, empty_url: str) -> dict[UUID, UUID]:
    """Puts into an empty database what the first version would have of a register, and gives its id of each asset.

    Assets that have turned out to be others were never told apart by it: their sightings are of the other.
    """
    earlier = connect(empty_url, pool_size=1)
    try:
        async with transaction(present) as source, transaction(earlier) as made:
            await made.run_sync(_make_first_shape)
            rows = await source.execute(text("SELECT asset_id FROM asset WHERE merged_into IS NULL ORDER BY asset_id"))
            # Drawn in the order of the present ids: they grow with time, too.
            ids = {UUID(str(row.asset_id)): uuid.uuid7() for row in rows}
            for name in _KEPT:
                await _copy(source, made, name, f"SELECT to_jsonb(t) AS row FROM {name} t", ids)  # noqa: S608 - names above
            await _copy(
                source,
                made,
                "asset",
                "SELECT to_jsonb(t) - 'merged_into' AS row FROM asset t WHERE merged_into IS NULL",
                ids,
            )
            await _copy(
                source,
                made,
                "asset_history",
                "SELECT to_jsonb(t) AS row FROM asset_history t JOIN asset a USING (asset_id)"
                " WHERE a.merged_into IS NULL",
                ids,
            )
            await _copy(
                source,
                made,
                "source_claim",
                "SELECT to_jsonb(c) || jsonb_build_object('asset_id', s.asset_id) AS row FROM source_claim c"
                " LEFT JOIN sighting s ON (s.source, s.reference) = (c.source, c.sender_asset_ref)",
                ids,
            )
            return ids
    finally:
        await earlier.dispose()


def _make_first_shape(connection: Connection) -> None:
    command.upgrade(migrate.config(connection), "0001")


async def _copy(source: AsyncConnection, made: AsyncConnection, name: str, query: str, ids: dict[UUID, UUID]) -> None:
    for (row,) in await source.execute(text(query)):
        content = json.dumps(row)
        for now, then in ids.items():
            content = content.replace(str(now), str(then))
        await made.execute(
            text(f"INSERT INTO {name} SELECT * FROM jsonb_populate_record(NULL::{name}, CAST(:row AS jsonb))"),  # noqa: S608
            {"row": content},
        )
