"""What stands beside an asset: the units of its meter point, and its installer's other works near by.

Bounded: of a site with thousands of units the largest are read, and of an installer's works a few.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store import rows as store
from registry_store.tables import connection_unit
from schemas.made import made
from schemas.records.assets import ConnectionUnitRow

MOST_UNITS = 500
"""Units of one meter point that are read; the ceilings of the forms are passed by far fewer."""
MOST_WORKS = 20
"""Works of one installer that are read for one asset, of each way of being near."""


@dataclass(frozen=True)
class Work:
    """What to look for near an asset: the same installer's works within `days` of a day."""

    asset_id: UUID
    installer: str
    commissioned_on: date
    days: int
    postcode: str = field(repr=False)
    postcode_area: str = field(repr=False)
    import_mpan: str | None = field(default=None, repr=False)
    export_mpan: str | None = field(default=None, repr=False)
    uprn: str | None = field(default=None, repr=False)


async def put(connection: AsyncConnection, rows: Sequence[ConnectionUnitRow]) -> None:
    """Adds units, or replaces them. No asset may be there twice in one call."""
    await bulk.upsert(connection, connection_unit, rows)


async def of_assets(connection: AsyncConnection, asset_ids: Collection[UUID]) -> list[ConnectionUnitRow]:
    """These assets as their neighbours find them."""
    if not asset_ids:
        return []
    return await _units(connection, _OF_ASSETS, store.as_json(asset_ids))


async def at_meter_points(
    connection: AsyncConnection, imports: Collection[str], exports: Collection[str]
) -> list[ConnectionUnitRow]:
    """The units of these meter points: of each the largest, at most `MOST_UNITS`."""
    if not imports and not exports:
        return []
    return await _units(connection, _AT_METER_POINTS, store.as_json(imports), store.as_json(exports), MOST_UNITS)


async def works(connection: AsyncConnection, wanted: Sequence[Work]) -> list[ConnectionUnitRow]:
    """Generation of the same installer at other premises, in the same postcode or postcode area.

    Of many the earliest and the latest: a work that has no other one within its time but the one that is asked about
    is the first or the last of all that are within the time of that.
    """
    if not wanted:
        return []
    return await _units(connection, _WORKS, store.as_json(vars(work) for work in wanted), MOST_WORKS // 2)


async def _units(connection: AsyncConnection, statement: str, *values: Any) -> list[ConnectionUnitRow]:
    found = await store.fetch(connection, statement, *values)
    return [made(ConnectionUnitRow, **{**row, "notices": tuple(row["notices"])}) for row in found]


_OF_ASSETS = (
    "SELECT * FROM connection_unit"
    " WHERE asset_id = ANY(ARRAY(SELECT i::uuid FROM jsonb_array_elements_text($1::jsonb) i))"
)
_AT_METER_POINTS = (
    "SELECT u.* FROM jsonb_array_elements_text($1::jsonb) AS k(m) CROSS JOIN LATERAL"
    " (SELECT c.* FROM connection_unit c WHERE c.import_mpan = k.m ORDER BY c.largest_watts DESC LIMIT $3) u"
    " UNION"
    " SELECT u.* FROM jsonb_array_elements_text($2::jsonb) AS k(m) CROSS JOIN LATERAL"
    " (SELECT c.* FROM connection_unit c WHERE c.export_mpan = k.m ORDER BY c.largest_watts DESC LIMIT $3) u"
)

# Other premises are those known to be others: a meter point or a property that both have, and that differ.
_ELSEWHERE = (
    " c.generating_watts > 0 AND c.asset_id <> k.asset_id"
    " AND c.import_mpan IS DISTINCT FROM coalesce(k.import_mpan, '')"
    " AND c.export_mpan IS DISTINCT FROM coalesce(k.export_mpan, '')"
    " AND coalesce(c.import_mpan <> k.import_mpan, c.export_mpan <> k.export_mpan, c.uprn <> k.uprn, false)"
    " AND c.commissioned_on BETWEEN k.commissioned_on - k.days AND k.commissioned_on + k.days"
)


def _some(where: str, order: str) -> str:
    return (
        f"(SELECT c.* FROM connection_unit c WHERE c.installer = k.installer AND {where} AND {_ELSEWHERE}"  # noqa: S608 - constants of this module
        f" ORDER BY c.commissioned_on {order}, c.asset_id LIMIT $2)"
    )


_WORKS = (
    "SELECT DISTINCT w.*"  # noqa: S608 - constants of this module
    " FROM jsonb_to_recordset($1::jsonb) AS k(asset_id uuid, installer text, commissioned_on date, days int,"
    " postcode text, postcode_area text, import_mpan text, export_mpan text, uprn text)"
    " CROSS JOIN LATERAL ("
    + " UNION ".join(
        _some(where, order)
        for where in ("c.postcode = k.postcode", "c.postcode_area = k.postcode_area")
        for order in ("ASC", "DESC")
    )
    + ") w"
)
