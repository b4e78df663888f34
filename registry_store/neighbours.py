"""What stands beside an asset: the units of its meter point, and its installer's other works near by.

Bounded: of a site with thousands of units the largest are read, and of an installer's works a few.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import connection_unit
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
    found = await connection.execute(
        text("SELECT * FROM connection_unit WHERE asset_id = ANY(CAST(:ids AS uuid[]))").columns(*_COLUMNS),
        {"ids": list(asset_ids)},
    )
    return [ConnectionUnitRow.model_validate(row) for row in found]


async def at_meter_points(
    connection: AsyncConnection, imports: Collection[str], exports: Collection[str]
) -> list[ConnectionUnitRow]:
    """The units of these meter points: of each the largest, at most `MOST_UNITS`."""
    if not imports and not exports:
        return []
    found = await connection.execute(
        _AT_METER_POINTS, {"imports": list(imports), "exports": list(exports), "most": MOST_UNITS}
    )
    return [ConnectionUnitRow.model_validate(row) for row in found]


async def works(connection: AsyncConnection, wanted: Sequence[Work]) -> list[ConnectionUnitRow]:
    """Generation of the same installer at other premises, in the same postcode or postcode area.

    Of many the earliest and the latest: a work that has no other one within its time but the one that is asked about
    is the first or the last of all that are within the time of that.
    """
    if not wanted:
        return []
    columns = ("asset_id", "installer", "commissioned_on", "days", "postcode", "postcode_area", "import_mpan")
    found = await connection.execute(
        _WORKS,
        {name: [getattr(work, name) for work in wanted] for name in (*columns, "export_mpan", "uprn")}
        | {"most": MOST_WORKS // 2},
    )
    return [ConnectionUnitRow.model_validate(row) for row in found]


_COLUMNS = tuple(connection_unit.columns)
_AT_METER_POINTS = text(
    "SELECT u.* FROM unnest(CAST(:imports AS text[])) AS k(m) CROSS JOIN LATERAL"
    " (SELECT c.* FROM connection_unit c WHERE c.import_mpan = k.m ORDER BY c.largest_watts DESC LIMIT :most) u"
    " UNION"
    " SELECT u.* FROM unnest(CAST(:exports AS text[])) AS k(m) CROSS JOIN LATERAL"
    " (SELECT c.* FROM connection_unit c WHERE c.export_mpan = k.m ORDER BY c.largest_watts DESC LIMIT :most) u"
).columns(*_COLUMNS)

# Other premises are those known to be others: a meter point or a property that both have, and that differ.
_ELSEWHERE = (
    " c.generating_watts > 0 AND c.asset_id <> k.asset_id"
    " AND c.import_mpan IS DISTINCT FROM coalesce(k.i, '') AND c.export_mpan IS DISTINCT FROM coalesce(k.e, '')"
    " AND coalesce(c.import_mpan <> k.i, c.export_mpan <> k.e, c.uprn <> k.u, false)"
    " AND c.commissioned_on BETWEEN k.day - CAST(k.days AS int) AND k.day + CAST(k.days AS int)"
)


def _some(where: str, order: str) -> str:
    return (
        f"(SELECT c.* FROM connection_unit c WHERE c.installer = k.installer AND {where} AND {_ELSEWHERE}"  # noqa: S608 - constants of this module
        f" ORDER BY c.commissioned_on {order}, c.asset_id LIMIT :most)"
    )


_WORKS = text(
    "SELECT DISTINCT w.*"  # noqa: S608 - constants of this module
    " FROM unnest(CAST(:asset_id AS uuid[]), CAST(:installer AS text[]), CAST(:commissioned_on AS date[]),"
    " CAST(:days AS bigint[]), CAST(:postcode AS text[]), CAST(:postcode_area AS text[]),"
    " CAST(:import_mpan AS text[]), CAST(:export_mpan AS text[]), CAST(:uprn AS text[]))"
    " AS k(asset_id, installer, day, days, postcode, area, i, e, u)"
    " CROSS JOIN LATERAL ("
    + " UNION ".join(
        _some(where, order)
        for where in ("c.postcode = k.postcode", "c.postcode_area = k.area")
        for order in ("ASC", "DESC")
    )
    + ") w"
).columns(*_COLUMNS)
