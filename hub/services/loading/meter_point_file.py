"""A file of meter points: one row a meter point, as the registration data of the industry has it.

`docs/reference-files.md` describes the columns for those who write such files.
"""

from datetime import datetime
from typing import Any

from hub.services.loading.cells import Cells, RowRefused
from registry_store import meter_points
from registry_store.engine import Connection
from registry_store.superseding import Merged
from schemas.identifiers import canonical_postcode, canonical_uprn, normalise_serial
from schemas.reference import load as reference
from schemas.vocabulary import MeterPointKind

KIND = "meter_points"
REQUIRED = ("mpan", "direction")
COLUMNS = tuple(name for name in meter_points.STATED if name != "meter_key")
_DIRECTIONS = frozenset(("import", "export"))
_KINDS = frozenset(kind.value for kind in MeterPointKind)


def read(cells: Cells) -> tuple[Any, ...]:
    """The values of `meter_points.STATED`. Raises `RowRefused`."""
    direction = cells.one_of("direction", _DIRECTIONS)
    kind = cells.one_of("kind", _KINDS, MeterPointKind.PREMISES.value)
    mpan = _asset_meter(cells) if kind == MeterPointKind.ASSET_METER else cells.mpan("mpan")
    if mpan is None:
        raise RowRefused("mpan", "is empty; every row needs it")
    live_from, live_to = cells.day("live_from"), cells.day("live_to")
    if live_from is not None and live_to is not None and live_to < live_from:
        raise RowRefused("live_to", "is before live_from; a meter point ends on or after the day it begins")
    meter_serial = cells.text("meter_serial", longest=100)
    values: dict[str, Any] = {
        "mpan": mpan,
        "direction": direction,
        "kind": kind,
        "uprn": cells.canonical("uprn", _uprn),
        "address_line": cells.text("address_line"),
        "postcode": cells.canonical("postcode", _postcode),
        "meter_serial": meter_serial,
        "meter_key": normalise_serial(meter_serial).normal if meter_serial else None,
        "distributor_id": _distributor(cells, "distributor_id") or mpan[:2],
        "gsp_group": cells.canonical("gsp_group", gsp_group),
        "host_distributor_id": _distributor(cells, "host_distributor_id"),
        "live_from": live_from,
        "live_to": live_to,
        "related_mpan": cells.mpan("related_mpan"),
    }
    return tuple(values[name] for name in meter_points.STATED)


def subject(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a row is about; of two rows about one thing the later counts."""
    return (values[0],)


async def merge(connection: Connection, rows: list[tuple[Any, ...]], now: datetime) -> Merged:
    return await meter_points.merge(connection, rows, now)


def gsp_group(text: str) -> tuple[str | None, str | None]:
    """A GSP group's id, and why it is none."""
    group = text.upper() if text.startswith("_") else f"_{text.upper()}"
    if group in reference.gsp_groups():
        return group, None
    return None, "is no GSP group; they are _A to _H, _J to _N and _P"


def _asset_meter(cells: Cells) -> str:
    # AMSIDs look like MPANs, but nobody publishes whether all of them carry the same check digit.
    number = cells.required("mpan").replace(" ", "")
    if not (len(number) == 13 and number.isascii() and number.isdigit()):
        raise RowRefused("mpan", "must be the 13 digits of the asset meter's number")
    return number


def _distributor(cells: Cells, column: str) -> str | None:
    value = cells.text(column)
    if value is None:
        return None
    if not (len(value) == 2 and value.isascii() and value.isdigit() and value >= "10"):
        raise RowRefused(column, "must be the two digits that the operator's MPANs begin with, 10 or more")
    return value


def _uprn(text: str) -> tuple[str | None, str | None]:
    if len(text) <= 12 and text.isascii() and text.isdigit() and text[0] != "0":
        return text, None
    found = canonical_uprn(text)
    return found.value, found.sentence


def _postcode(text: str) -> tuple[str | None, str | None]:
    found = canonical_postcode(text)
    return found.canonical, found.sentence
