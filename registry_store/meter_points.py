"""The hub's copy of the industry's registration data: which meter points are known, and since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.meter_point_facts import KnownMeterPoint
from registry_store import rows, superseding
from registry_store.superseding import Merged
from registry_store.tables import meter_point
from schemas.identifiers import normalise_serial
from schemas.records.meter_points import StatedMeterPoint

STATED = superseding.stated(meter_point)
_KNOWN = "known_from <= {at} AND (known_to IS NULL OR known_to > {at})"
_CURRENT = "known_to IS NULL"


@dataclass(frozen=True, slots=True)
class StoredMeterPoint(KnownMeterPoint):
    """A meter point with its meter's serial in the form by which serials are compared."""

    meter_key: str | None = field(default=None, repr=False)


_COLUMNS = ", ".join(StoredMeterPoint.__dataclass_fields__)


async def put(connection: AsyncConnection, points: Sequence[StatedMeterPoint], now: datetime) -> Merged:
    """Takes statements in; of several about one meter point the last one counts."""
    last = {point.mpan: point for point in points}
    return await merge(connection, [_stated(point) for point in last.values()], now)


async def merge(connection: AsyncConnection, stated: Sequence[tuple[Any, ...]], now: datetime) -> Merged:
    """The same with the values of `STATED`; no meter point twice."""
    return await superseding.merge(connection, meter_point, ("mpan",), stated, now)


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
) -> list[StoredMeterPoint]:
    """Every meter point that has one of these keys, once, as it is known now, or as it was known at a moment.

    `meter_keys` are serials as `normalise_serial` makes them.
    """
    wanted = {"mpan": mpans, "uprn": uprns, "meter_key": meter_keys, "postcode": postcodes}
    given = {name: values for name, of in wanted.items() if (values := set(of))}
    if not given:
        return []
    when = _CURRENT if known_at is None else _KNOWN.format(at=f"${len(given) + 1}")
    branches = [
        f"SELECT {_COLUMNS} FROM meter_point"
        f" WHERE {name} = ANY(ARRAY(SELECT jsonb_array_elements_text(${number}::jsonb))) AND {when}"
        for number, name in enumerate(given, 1)
    ]
    moment = [] if known_at is None else [known_at]
    found = await rows.fetch(connection, " UNION ALL ".join(branches), *map(rows.as_json, given.values()), *moment)
    return list({row["mpan"]: StoredMeterPoint(*row.values()) for row in found}.values())


async def count(connection: AsyncConnection) -> int:
    """How many meter points are known now."""
    found = await connection.execute(text("SELECT count(*) FROM meter_point WHERE known_to IS NULL"))
    return int(found.scalar_one())
