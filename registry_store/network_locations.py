"""How the networks are fed: from the meter point up to the GSP group, link by link."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.network import NetworkLink
from registry_store import rows, superseding
from registry_store.superseding import Merged
from registry_store.tables import network_location

STATED = superseding.stated(network_location)
SUBJECT = ("below_level", "below_id", "level", "valid_from")
_COLUMNS = ", ".join(f"n.{name}" for name in NetworkLink.__dataclass_fields__)

Place = tuple[str, str]
"""A level and the id of something on it; the lowest levels are `meter_point` (by MPAN) and `postcode`."""


async def merge(connection: AsyncConnection, stated: Sequence[tuple[Any, ...]], now: datetime) -> Merged:
    """Takes links in, as values of `STATED`; no two of them for one thing, level and first day."""
    return await superseding.merge(connection, network_location, SUBJECT, stated, now)


async def above(
    connection: AsyncConnection, places: Iterable[Place], known_at: datetime | None = None
) -> list[NetworkLink]:
    """Every link on the way up from these places, of any day, as known now or at a moment."""
    started = list(places)
    if not started:
        return []
    when = "n.known_to IS NULL"
    if known_at is not None:
        when = "n.known_from <= $2 AND (n.known_to IS NULL OR n.known_to > $2)"
    # UNION takes out repeats, so that links in a ring come to an end.
    found = await rows.fetch(
        connection,
        "WITH RECURSIVE up AS ("
        f" SELECT {_COLUMNS} FROM network_location n"
        " JOIN (SELECT e->>0, e->>1 FROM jsonb_array_elements($1::jsonb) e) AS s(level, id)"
        f" ON n.below_level = s.level AND n.below_id = s.id WHERE {when}"
        f" UNION SELECT {_COLUMNS} FROM network_location n"
        f" JOIN up ON n.below_level = up.level AND n.below_id = up.location_id WHERE {when}"
        ") SELECT * FROM up",
        rows.as_json(started),
        *([] if known_at is None else [known_at]),
    )
    return [NetworkLink(*row.values()) for row in found]


async def count(connection: AsyncConnection) -> int:
    """How many links are known now."""
    found = await connection.execute(text("SELECT count(*) FROM network_location WHERE known_to IS NULL"))
    return int(found.scalar_one())
