"""Stage: resolve meter points. Which meter points the location of a message leads to, and how sure that is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.clock import london_date
from hub.rules import meter_point
from hub.rules.meter_point_facts import KnownMeterPoint, Resolution, SuppliedLocation
from hub.services.registration.entry import JournalEntry
from registry_store import meter_points
from registry_store.engine import Connection
from schemas.asset import Location
from schemas.identifiers import canonical_postcode, canonical_uprn, parse_mpan
from schemas.notifications import AssetCommissioned, AssetUpdated
from schemas.reference import load as reference
from schemas.vocabulary import AssetCategory


@dataclass(frozen=True)
class Places:
    """The registry copy's meter points around a batch, by each of their keys."""

    by_key: dict[tuple[str, str], list[KnownMeterPoint]]

    def near(self, location: Location) -> list[KnownMeterPoint]:
        found = {p.mpan: p for key in _keys(location) for p in self.by_key.get(key, ())}
        return list(found.values())


async def load(connection: Connection, entries: Sequence[JournalEntry]) -> Places:
    """All known meter points that share a location key with a message of the batch."""
    return await known(connection, [location for entry in entries if (location := _location(entry)) is not None])


async def known(connection: Connection, locations: Iterable[Location]) -> Places:
    """All known meter points that share a key with one of these locations."""
    keys: dict[str, set[str]] = defaultdict(set)
    for location in locations:
        for kind, value in _keys(location):
            keys[kind].add(value)
    rows = await meter_points.near(
        connection,
        mpans=keys["mpan"],
        uprns=keys["uprn"],
        meter_serials=keys["meter"],
        postcodes=keys["postcode"],
    )
    by_key: dict[tuple[str, str], list[KnownMeterPoint]] = defaultdict(list)
    for row in rows:
        point = KnownMeterPoint(**row.model_dump())
        found = {"mpan": point.mpan, "uprn": point.uprn, "meter": point.meter_serial, "postcode": point.postcode}
        for kind, value_known in found.items():
            if value_known is not None:
                by_key[(kind, value_known)].append(point)
    return Places(by_key)


def decide(entry: JournalEntry, places: Places, now: datetime) -> Resolution | None:
    """The resolution of a message's location; nothing where it gives none."""
    location = _location(entry)
    if location is None:
        return None
    supplied = SuppliedLocation(**{name: getattr(location, name) for name in SuppliedLocation.__dataclass_fields__})
    return meter_point.resolve(supplied, places.near(location), _kind(entry), london_date(now))


def _location(entry: JournalEntry) -> Location | None:
    match entry.notification:
        case AssetCommissioned() | AssetUpdated() as notice:
            return notice.location
        case _:
            return None


def _kind(entry: JournalEntry) -> str:
    """An update may leave the category out; then it asks for no direction more than it gives."""
    category: AssetCategory | None = getattr(entry.notification, "asset_category", None)
    return reference.asset_categories()[category].kind if category is not None else "demand"


def _keys(location: Location) -> Iterable[tuple[str, str]]:
    for text in (location.import_mpan, location.export_mpan):
        if (core := parse_mpan(text).core) is not None:
            yield "mpan", core
    if (uprn := canonical_uprn(location.uprn).value) is not None:
        yield "uprn", uprn
    if location.meter_serial is not None:
        yield "meter", location.meter_serial
    if (postcode := canonical_postcode(location.postcode).canonical) is not None:
        yield "postcode", postcode
