"""The hub's copy of the industry's registration data: which meter points are known."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import meter_point
from schemas.records import MeterPointRow


async def put(connection: AsyncConnection, rows: Sequence[MeterPointRow]) -> None:
    await bulk.upsert(connection, meter_point, rows)


async def near(
    connection: AsyncConnection,
    *,
    mpans: Iterable[str],
    uprns: Iterable[str],
    meter_serials: Iterable[str],
    postcodes: Iterable[str],
) -> list[MeterPointRow]:
    """Every known meter point that has one of these keys."""
    found = await connection.execute(
        text(
            "SELECT * FROM meter_point WHERE mpan = ANY(CAST(:mpans AS text[]))"
            " UNION SELECT * FROM meter_point WHERE uprn = ANY(CAST(:uprns AS text[]))"
            " UNION SELECT * FROM meter_point WHERE meter_serial = ANY(CAST(:serials AS text[]))"
            " UNION SELECT * FROM meter_point WHERE postcode = ANY(CAST(:postcodes AS text[]))"
        ).columns(*meter_point.columns),
        {
            "mpans": list(mpans),
            "uprns": list(uprns),
            "serials": list(meter_serials),
            "postcodes": list(postcodes),
        },
    )
    return [MeterPointRow.model_validate(row) for row in found]
