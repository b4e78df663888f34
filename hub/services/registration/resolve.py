"""Stage: resolve meter points. Which meter points the location of a message leads to, and how sure that is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.clock import london_date
from hub.rules import meter_point
from hub.rules.meter_point_facts import KnownMeterPoint, Resolution, SuppliedLocation
from hub.rules.network import NetworkLink
from hub.services.registration.entry import JournalEntry
from registry_store import meter_points, network_locations
from registry_store.engine import Connection
from registry_store.network_locations import Place
from schemas.asset import Location
from schemas.decisions import MeterPointDecided
from schemas.identifiers import canonical_postcode, canonical_uprn, normalise_serial, parse_mpan
from schemas.notifications import AssetCommissioned, AssetUpdated
from schemas.records.meter_points import MeterPointRow, NetworkLocationRow
from schemas.reference import load as reference
from schemas.vocabulary import AssetCategory, NetworkLevel

_POINT_FIELDS = tuple(KnownMeterPoint.__dataclass_fields__)
_LINK_FIELDS = tuple(NetworkLink.__dataclass_fields__)


@dataclass(frozen=True)
class Places:
    """The registry copy's meter points around a batch by each of their keys, and the networks that feed them."""

    by_key: dict[tuple[str, str], list[KnownMeterPoint]]
    above: dict[Place, list[NetworkLink]] = field(default_factory=dict)

    def near(self, location: Location) -> list[KnownMeterPoint]:
        found = {p.mpan: p for key in _keys(location) for p in self.by_key.get(key, ())}
        return list(found.values())

    def links(self, location: Location, points: Iterable[KnownMeterPoint]) -> list[NetworkLink]:
        """Every link on the way up from the location and the meter points around it."""
        found: list[NetworkLink] = []
        waiting, seen = [*_feet(_keys(location)), *_feet(("mpan", p.mpan) for p in points)], set[Place]()
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                links = self.above.get(place, [])
                found += links
                waiting += [(link.level, link.location_id) for link in links]
        return found


async def load(connection: Connection, entries: Sequence[JournalEntry], known_at: datetime | None = None) -> Places:
    """All known meter points that share a location key with a message of the batch, and what feeds them.

    As the hub knows them now, or as it knew them at a moment.
    """
    return await around(connection, [n for e in entries if (n := _location(e)) is not None], known_at)


async def around(connection: Connection, locations: Iterable[Location], known_at: datetime | None = None) -> Places:
    """The same for locations by themselves."""
    keys: dict[str, set[str]] = defaultdict(set)
    for kind, value in (key for location in locations for key in _keys(location)):
        keys[kind].add(value)
    rows = await meter_points.near(
        connection,
        mpans=keys["mpan"],
        uprns=keys["uprn"],
        meter_keys=keys["meter"],
        postcodes=keys["postcode"],
        known_at=known_at,
    )
    by_key: dict[tuple[str, str], list[KnownMeterPoint]] = defaultdict(list)
    for row in rows:
        known = {"mpan": row.mpan, "uprn": row.uprn, "meter": row.meter_key, "postcode": row.postcode}
        for name, key in known.items():
            if key is not None:
                by_key[(name, key)].append(known_point(row))
    feet = {*_feet((kind, value) for kind in keys for value in keys[kind]), *_feet(("mpan", row.mpan) for row in rows)}
    above: dict[Place, list[NetworkLink]] = defaultdict(list)
    for link in map(_link, await network_locations.above(connection, sorted(feet), known_at)):
        above[(link.below_level, link.below_id)].append(link)
    return Places(dict(by_key), dict(above))


def decide(entry: JournalEntry, places: Places, now: datetime) -> Resolution | None:
    """The resolution of a message's location; nothing where it gives none."""
    location = _location(entry)
    if location is None:
        return None
    points = places.near(location)
    return meter_point.resolve(
        supplied(location),
        points,
        kind_of(getattr(entry.notification, "asset_category", None)),
        london_date(now),
        places.links(location, points),
        getattr(entry.notification, "effective_from", None),
    )


def supplied(location: Location) -> SuppliedLocation:
    """A location as the rules take it."""
    return SuppliedLocation(**{name: getattr(location, name) for name in SuppliedLocation.__dataclass_fields__})


def kind_of(category: AssetCategory | None) -> str:
    """An update may leave the category out; then it asks for no direction more than it gives."""
    return reference.asset_categories()[category].kind if category is not None else "demand"


def known_point(row: MeterPointRow) -> KnownMeterPoint:
    """A row of the registry copy as the rules take it."""
    return KnownMeterPoint(**{name: getattr(row, name) for name in _POINT_FIELDS})


def _link(row: NetworkLocationRow) -> NetworkLink:
    return NetworkLink(**{name: getattr(row, name) for name in _LINK_FIELDS})


def _location(entry: JournalEntry) -> Location | None:
    match entry.notification:
        case AssetCommissioned() | AssetUpdated() as notice:
            return notice.location
        case MeterPointDecided(import_mpan=import_mpan, export_mpan=export_mpan):
            return Location(import_mpan=import_mpan, export_mpan=export_mpan)
        case _:
            return None


def _feet(keys: Iterable[tuple[str, str]]) -> list[Place]:
    """Where a chain of the network may begin."""
    levels = {"mpan": str(NetworkLevel.METER_POINT), "postcode": str(NetworkLevel.POSTCODE)}
    return [(levels[kind], value) for kind, value in keys if kind in levels]


def _keys(location: Location) -> Iterable[tuple[str, str]]:
    for text in (location.import_mpan, location.export_mpan):
        if (core := parse_mpan(text).core) is not None:
            yield "mpan", core
    if (uprn := canonical_uprn(location.uprn).value) is not None:
        yield "uprn", uprn
    if (meter := normalise_serial(location.meter_serial).normal) is not None:
        yield "meter", meter
    if (postcode := canonical_postcode(location.postcode).canonical) is not None:
        yield "postcode", postcode
