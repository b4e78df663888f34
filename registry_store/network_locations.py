"""How the networks are fed: from the meter point up to the GSP group, link by link."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import superseding
from registry_store.superseding import Merged
from registry_store.tables import network_location
from schemas.records.meter_points import NetworkLocationRow

STATED = superseding.stated(network_location)
SUBJECT = ("below_level", "below_id", "level", "valid_from")
_COLUMNS = tuple(column.name for column in network_location.columns)

Place = tuple[str, str]
"""A level and the id of something on it; the lowest levels are `meter_point` (by MPAN) and `postcode`."""


async def merge(connection: AsyncConnection, rows: Sequence[tuple[Any, ...]], now: datetime) -> Merged:
    """Takes links in, as values of `STATED`; no two of them for one thing, level and first day."""
    return await superseding.merge(connection, network_location, SUBJECT, rows, now)


async def above(
    connection: AsyncConnection, places: Iterable[Place], known_at: datetime | None = None
) -> list[NetworkLocationRow]:
    """Every link on the way up from these places, of any day, as known now or at a moment."""
    started = list(places)
    if not started:
        return []
    when = "n.known_to IS NULL"
    if known_at is not None:
        when = "n.known_from <= :at AND (n.known_to IS NULL OR n.known_to > :at)"
    links = ", ".join(f"n.{name}" for name in _COLUMNS)
    # UNION takes out repeats, so that links in a ring come to an end.
    found = await connection.execute(
        text(
            "WITH RECURSIVE up AS ("
            f" SELECT {links} FROM network_location n"
            " JOIN unnest(CAST(:levels AS text[]), CAST(:ids AS text[])) AS s(level, id)"
            f" ON n.below_level = s.level AND n.below_id = s.id WHERE {when}"
            f" UNION SELECT {links} FROM network_location n"
            f" JOIN up ON n.below_level = up.level AND n.below_id = up.location_id WHERE {when}"
            ") SELECT * FROM up"
        ).columns(*network_location.columns),
        {
            "levels": [level for level, _ in started],
            "ids": [value for _, value in started],
            **({} if known_at is None else {"at": known_at}),
        },
    )
    return [NetworkLocationRow.model_validate(row) for row in found]


async def count(connection: AsyncConnection) -> int:
    """How many links are known now."""
    found = await connection.execute(text("SELECT count(*) FROM network_location WHERE known_to IS NULL"))
    return int(found.scalar_one())
