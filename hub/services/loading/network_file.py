"""A file of network links: one row says what feeds one thing, from one day on.

`docs/reference-files.md` describes the columns for those who write such files.
"""

from datetime import datetime
from typing import Any

from hub.services.loading.cells import Cells, RowRefused
from hub.services.loading.meter_point_file import gsp_group
from registry_store import network_locations
from registry_store.engine import Connection
from registry_store.superseding import Merged
from schemas.identifiers import canonical_postcode
from schemas.vocabulary import NetworkLevel

KIND = "network_locations"
REQUIRED = ("below_level", "below_id", "level", "location_id", "valid_from", "provenance")
COLUMNS = network_locations.STATED
_LEVELS = tuple(level.value for level in NetworkLevel)
_FEET = frozenset((NetworkLevel.METER_POINT.value, NetworkLevel.POSTCODE.value))
_SITES = frozenset(_LEVELS) - _FEET


def read(cells: Cells) -> tuple[Any, ...]:
    """The values of `network_locations.STATED`. Raises `RowRefused`."""
    below_level = cells.one_of("below_level", frozenset(_LEVELS))
    level = cells.one_of("level", _SITES)
    if _LEVELS.index(level) <= _LEVELS.index(below_level):
        raise RowRefused("level", f"must be above {below_level}; the order from below is {', '.join(_LEVELS)}")
    valid_from, valid_to = cells.day("valid_from"), cells.day("valid_to")
    if valid_from is None:
        raise RowRefused("valid_from", "is empty; give the first day on which this is so")
    if valid_to is not None and valid_to < valid_from:
        raise RowRefused("valid_to", "is before valid_from; give the first day on which this is so no more")
    values: dict[str, Any] = {
        "below_level": below_level,
        "below_id": _below(cells, below_level),
        "level": level,
        "location_id": _site(cells.required("location_id"), level),
        "name": cells.text("name"),
        "valid_from": valid_from,
        "valid_to": valid_to,
        "provenance": cells.required("provenance"),
    }
    return tuple(values[name] for name in network_locations.STATED)


def subject(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a row is about; of two rows about one thing the later counts."""
    named = dict(zip(network_locations.STATED, values, strict=True))
    return tuple(named[name] for name in network_locations.SUBJECT)


async def merge(connection: Connection, rows: list[tuple[Any, ...]], now: datetime) -> Merged:
    return await network_locations.merge(connection, rows, now)


def _below(cells: Cells, level: str) -> str:
    match level:
        case NetworkLevel.METER_POINT:
            mpan = cells.mpan("below_id")
            if mpan is None:
                raise RowRefused("below_id", "is empty; give the MPAN")
            return mpan
        case NetworkLevel.POSTCODE:
            found = canonical_postcode(cells.required("below_id"))
            if found.canonical is None:
                raise RowRefused("below_id", found.sentence or "is no postcode")
            return found.canonical
        case _:
            return cells.required("below_id")


def _site(text: str, level: str) -> str:
    if level != NetworkLevel.GSP_GROUP:
        return text
    group, why = gsp_group(text)
    if group is None:
        raise RowRefused("location_id", why or "is no GSP group")
    return group
