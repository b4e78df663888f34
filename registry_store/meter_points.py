"""The hub's copy of the industry's registration data: which meter points are known, and since when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import superseding
from registry_store.superseding import Merged
from registry_store.tables import meter_point
from schemas.identifiers import normalise_serial
from schemas.records.meter_points import MeterPointRow, StatedMeterPoint

STATED = superseding.stated(meter_point)
_COLUMNS = ", ".join(column.name for column in meter_point.columns)
_KNOWN = "known_from <= :at AND (known_to IS NULL OR known_to > :at)"
_CURRENT = "known_to IS NULL"


async def put(connection: AsyncConnection, points: Sequence[StatedMeterPoint], now: datetime) -> Merged:
    """Takes statements in; of several about one meter point the last one counts."""
    last = {point.mpan: point for point in points}
    return await merge(connection, [_stated(point) for point in last.values()], now)


async def merge(connection: AsyncConnection, rows: Sequence[tuple[Any, ...]], now: datetime) -> Merged:
    """The same with the values of `STATED`; no meter point twice."""
    return await superseding.merge(connection, meter_point, ("mpan",), rows, now)


def _stated(point: StatedMeterPoint) -> tuple[Any, ...]:
    key = normalise_serial(point.meter_serial).normal
    return tuple(key if name == "meter_key" else getattr(point, name) for name in STATED)


async def near(
    connection: AsyncConnection,
    *,
    mpans: Iterable[str],
    uprns: Iterable[str],
    meter_keys: Iterable[str],
    postcodes: Iterable[str],
    known_at: datetime | None = None,
) -> list[MeterPointRow]:
    """Every meter point that has one of these keys, as it is known now, or as it was known at a moment.

    `meter_keys` are serials as `normalise_serial` makes them.
    """
    when = _CURRENT if known_at is None else _KNOWN
    wanted = {"mpan": mpans, "uprn": uprns, "meter_key": meter_keys, "postcode": postcodes}
    given = {name: list(values) for name, values in wanted.items()}
    branches = [
        f"SELECT {_COLUMNS} FROM meter_point WHERE {name} = ANY(CAST(:{name} AS text[])) AND {when}"
        for name, values in given.items()
        if values
    ]
    if not branches:
        return []
    asked = {name: values for name, values in given.items() if values}
    found = await connection.execute(
        text(" UNION ".join(branches)).columns(*meter_point.columns),
        asked if known_at is None else {**asked, "at": known_at},
    )
    return [MeterPointRow.model_validate(row) for row in found]


async def count(connection: AsyncConnection) -> int:
    """How many meter points are known now."""
    found = await connection.execute(text("SELECT count(*) FROM meter_point WHERE known_to IS NULL"))
    return int(found.scalar_one())
