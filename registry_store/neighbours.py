"""What stands beside an asset: the units of its meter point, added up, and its installer's other works near by.

Bounded: of a site with thousands of units the largest are added up, and of an installer's works a few are read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import connection_unit
from schemas.records import ConnectionUnitRow

MOST_UNITS = 500
"""Units of one meter point that are added up; the ceilings of the forms are passed by far fewer."""
MOST_WORKS = 20
"""Works of one installer that are read for one asset, of each way of being near."""


@dataclass(frozen=True)
class Site:
    """Where to look for the neighbours of an asset."""

    asset_id: UUID
    import_mpan: str | None = field(default=None, repr=False)
    export_mpan: str | None = field(default=None, repr=False)


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


@dataclass(frozen=True)
class Sum:
    """Other units at the meter point of `asset_id`, of one category and number of phases, added up."""

    asset_id: UUID
    category: str
    phases: int | None
    generating_watts: int
    demand_watts: int
    units: int


@dataclass(frozen=True)
class FoundWork:
    """One work near `asset_id`, at other premises."""

    asset_id: UUID
    commissioned_on: date
    uprn: str | None = field(repr=False)
    postcode: str | None = field(repr=False)


async def put(connection: AsyncConnection, rows: Sequence[ConnectionUnitRow]) -> None:
    """Adds units, or replaces them. No asset may be there twice in one call."""
    await bulk.upsert(connection, connection_unit, rows)


async def sums(connection: AsyncConnection, sites: Sequence[Site], besides: Collection[UUID]) -> list[Sum]:
    """The units at each site, without the asset itself and those in `besides`."""
    if not sites:
        return []
    found = await connection.execute(
        _SUMS,
        {
            "ids": [s.asset_id for s in sites],
            "imports": [s.import_mpan for s in sites],
            "exports": [s.export_mpan for s in sites],
            "besides": list(besides),
            "most": MOST_UNITS,
        },
    )
    return [Sum(r.asset_id, r.category, r.phases, int(r.generating), int(r.demand), int(r.units)) for r in found.all()]


async def works(connection: AsyncConnection, wanted: Sequence[Work], besides: Collection[UUID]) -> list[FoundWork]:
    """Generation of the same installer at other premises, in the same postcode or postcode area."""
    if not wanted:
        return []
    columns = ("installer", "commissioned_on", "days", "postcode", "postcode_area", "import_mpan", "export_mpan")
    found = await connection.execute(
        _WORKS,
        {name: [getattr(work, name) for work in wanted] for name in ("asset_id", *columns, "uprn")}
        | {"besides": list(besides), "most": MOST_WORKS},
    )
    return [FoundWork(r.asset_id, r.commissioned_on, r.uprn, r.postcode) for r in found.all()]


async def peers(
    connection: AsyncConnection, sites: Sequence[Site], besides: Collection[UUID], limit: int = MOST_UNITS
) -> list[UUID]:
    """Other assets at these meter points, whose notices a change at the site may change."""
    numbers = {
        "imports": [s.import_mpan for s in sites if s.import_mpan is not None],
        "exports": [s.export_mpan for s in sites if s.export_mpan is not None],
    }
    found = await connection.execute(_PEERS, numbers | {"besides": list(besides), "most": limit})
    return [UUID(str(row.asset_id)) for row in found.all()]


_SUMS = text(
    "SELECT k.asset_id, u.category, u.phases, sum(u.generating_watts) AS generating, sum(u.demand_watts) AS demand,"
    " count(*) AS units"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:imports AS text[]), CAST(:exports AS text[])) AS k(asset_id, i, e)"
    " CROSS JOIN LATERAL ("
    "  (SELECT c.* FROM connection_unit c WHERE c.import_mpan = k.i ORDER BY c.largest_watts DESC LIMIT :most)"
    "  UNION"
    "  (SELECT c.* FROM connection_unit c WHERE c.export_mpan = k.e ORDER BY c.largest_watts DESC LIMIT :most)"
    " ) u"
    " WHERE u.asset_id <> k.asset_id AND u.asset_id <> ALL(CAST(:besides AS uuid[]))"
    " GROUP BY k.asset_id, u.category, u.phases"
    " ORDER BY k.asset_id, u.category, u.phases"
)

# Other premises are those known to be others: a meter point or a property that both have, and that differ.
_ELSEWHERE = (
    " c.generating_watts > 0 AND c.asset_id <> k.asset_id AND c.asset_id <> ALL(CAST(:besides AS uuid[]))"
    " AND c.import_mpan IS DISTINCT FROM coalesce(k.i, '') AND c.export_mpan IS DISTINCT FROM coalesce(k.e, '')"
    " AND coalesce(c.import_mpan <> k.i, c.export_mpan <> k.e, c.uprn <> k.u, false)"
    " AND c.commissioned_on BETWEEN k.day - CAST(k.days AS int) AND k.day + CAST(k.days AS int)"
)
_WORKS = text(
    "SELECT k.asset_id, w.commissioned_on, w.uprn, w.postcode"  # noqa: S608 - the condition is the constant above
    " FROM unnest(CAST(:asset_id AS uuid[]), CAST(:installer AS text[]), CAST(:commissioned_on AS date[]),"
    " CAST(:days AS bigint[]), CAST(:postcode AS text[]), CAST(:postcode_area AS text[]),"
    " CAST(:import_mpan AS text[]), CAST(:export_mpan AS text[]), CAST(:uprn AS text[]))"
    " AS k(asset_id, installer, day, days, postcode, area, i, e, u)"
    " CROSS JOIN LATERAL ("
    "  (SELECT c.* FROM connection_unit c WHERE c.installer = k.installer AND c.postcode = k.postcode AND"
    f"  {_ELSEWHERE} LIMIT :most)"
    "  UNION"
    "  (SELECT c.* FROM connection_unit c WHERE c.installer = k.installer AND c.postcode_area = k.area AND"
    f"  {_ELSEWHERE} LIMIT :most)"
    " ) w ORDER BY k.asset_id, w.asset_id"
)

_PEERS = text(
    "SELECT asset_id FROM connection_unit"
    " WHERE (import_mpan = ANY(CAST(:imports AS text[])) OR export_mpan = ANY(CAST(:exports AS text[])))"
    " AND asset_id <> ALL(CAST(:besides AS uuid[])) ORDER BY asset_id LIMIT :most"
)
