"""Stage: resolve meter points. Which meter points the location of a message leads to, and how sure that is."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from hub.clock import london_date
from hub.rules import meter_point
from hub.rules.meter_point_facts import KnownMeterPoint, Resolution, SuppliedLocation
from hub.rules.network import NetworkLink
from hub.services.registration.entry import JournalEntry
from registry_store import meter_points, network_locations
from registry_store.engine import Connection
from registry_store.inbox import Key as MessageKey
from registry_store.meter_points import StoredMeterPoint
from registry_store.network_locations import Place
from schemas.asset import Location
from schemas.decisions import MeterPointDecided
from schemas.identifiers import canonical_postcode, canonical_uprn, normalise_serial, parse_mpan
from schemas.notifications import AssetCommissioned, AssetUpdated
from schemas.reference import load as reference
from schemas.vocabulary import AssetCategory, NetworkLevel

Key = tuple[str, str]
"""What a meter point is found by: mpan, uprn, meter or postcode, and the value in its canonical form."""

_KEYS: Mapping[str, Callable[[StoredMeterPoint], str | None]] = {
    "mpan": attrgetter("mpan"),
    "uprn": attrgetter("uprn"),
    "meter": attrgetter("meter_key"),
    "postcode": attrgetter("postcode"),
}
_LEVELS = {"mpan": str(NetworkLevel.METER_POINT), "postcode": str(NetworkLevel.POSTCODE)}


@dataclass
class Places:
    """The registry copy's meter points around a batch by each of their keys, and the networks that feed them.

    `settled` are those that stand under the numbers of a location, where its street is not searched.
    """

    by_key: dict[Key, list[KnownMeterPoint]] = field(default_factory=lambda: defaultdict(list))
    above: dict[Place, list[NetworkLink]] = field(default_factory=lambda: defaultdict(list))
    settled: dict[MessageKey, list[KnownMeterPoint]] = field(default_factory=dict)

    def near(self, location: Location) -> list[KnownMeterPoint]:
        found = {p.mpan: p for key in _keys(location) for p in self.by_key.get(key, ())}
        return list(found.values())

    def links(self, location: Location, points: Iterable[KnownMeterPoint]) -> list[NetworkLink]:
        """Every link on the way up from the location and the meter points around it."""
        found: list[NetworkLink] = []
        if not self.above:
            return found
        waiting, seen = [*_feet(_keys(location)), *_feet(("mpan", p.mpan) for p in points)], set[Place]()
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                links = self.above.get(place, [])
                found += links
                waiting += [(link.level, link.location_id) for link in links]
        return found

    async def read(self, connection: Connection, keys: Iterable[Key]) -> None:
        """Takes in the meter points under these keys."""
        asked: dict[str, set[str]] = defaultdict(set)
        for kind, value in keys:
            asked[kind].add(value)
        found = await meter_points.near(
            connection,
            mpans=asked.get("mpan", ()),
            uprns=asked.get("uprn", ()),
            meter_keys=asked.get("meter", ()),
            postcodes=asked.get("postcode", ()),
        )
        for kind, values in asked.items():
            read = _KEYS[kind]
            for point in found:
                if (key := read(point)) in values:
                    self.by_key[(kind, key)].append(point)

    async def read_networks(self, connection: Connection, keys: Iterable[Key]) -> None:
        """Takes in what feeds the meter points that are known, and these other places."""
        points = {point.mpan for found in self.by_key.values() for point in found}
        feet = {*_feet(keys), *_feet(("mpan", mpan) for mpan in points)}
        for link in await network_locations.above(connection, feet):
            self.above[(link.below_level, link.below_id)].append(link)


async def load(connection: Connection, entries: Sequence[JournalEntry], now: datetime) -> Places:
    """The known meter points that can matter to the locations of a batch, and what feeds them.

    A street is read only where the numbers of a location do not settle which of its meter points it is.
    """
    located = [(place, entry) for entry in entries if (place := _location(entry)) is not None]
    keys = {key for place, _ in located for key in _keys(place)}
    places, today = Places(), london_date(now)
    await places.read(connection, {key for key in keys if key[0] != "postcode"})
    streets = set[Key]()
    for place, entry in located:
        points = places.near(place)
        if meter_point.searches_street(supplied(place), points, _kind(entry), today):
            streets.update(key for key in _keys(place) if key[0] == "postcode")
        else:
            places.settled[entry.key] = points
    await places.read(connection, streets)
    await places.read_networks(connection, keys)
    return places


async def around(connection: Connection, locations: Iterable[Location]) -> Places:
    """All known meter points that share a key with one of these locations, and what feeds them."""
    places, keys = Places(), {key for location in locations for key in _keys(location)}
    await places.read(connection, keys)
    await places.read_networks(connection, keys)
    return places


def decide(entry: JournalEntry, places: Places, now: datetime) -> Resolution | None:
    """The resolution of a message's location; nothing where it gives none."""
    location = _location(entry)
    if location is None:
        return None
    points = places.settled.get(entry.key)
    if points is None:
        points = places.near(location)
    return meter_point.resolve(
        supplied(location),
        points,
        _kind(entry),
        london_date(now),
        places.links(location, points),
        getattr(entry.notification, "effective_from", None),
    )


def supplied(location: Location) -> SuppliedLocation:
    """A location as the rules take it."""
    return SuppliedLocation(
        location.import_mpan,
        location.export_mpan,
        location.uprn,
        location.address_line,
        location.postcode,
        location.meter_serial,
        location.dno_code,
    )


def _kind(entry: JournalEntry) -> str:
    return kind_of(getattr(entry.notification, "asset_category", None))


def kind_of(category: AssetCategory | None) -> str:
    """An update may leave the category out; then it asks for no direction more than it gives."""
    return reference.asset_categories()[category].kind if category is not None else "demand"


def _location(entry: JournalEntry) -> Location | None:
    match entry.notification:
        case AssetCommissioned() | AssetUpdated() as notice:
            return notice.location
        case MeterPointDecided(import_mpan=import_mpan, export_mpan=export_mpan):
            return Location(import_mpan=import_mpan, export_mpan=export_mpan)
        case _:
            return None


def _feet(keys: Iterable[Key]) -> list[Place]:
    """Where a chain of the network may begin."""
    return [(_LEVELS[kind], value) for kind, value in keys if kind in _LEVELS]


def _keys(location: Location) -> Iterator[Key]:
    for text in (location.import_mpan, location.export_mpan):
        if (core := parse_mpan(text).core) is not None:
            yield "mpan", core
    if (uprn := canonical_uprn(location.uprn).value) is not None:
        yield "uprn", uprn
    if (meter := normalise_serial(location.meter_serial).normal) is not None:
        yield "meter", meter
    if (postcode := canonical_postcode(location.postcode).canonical) is not None:
        yield "postcode", postcode
