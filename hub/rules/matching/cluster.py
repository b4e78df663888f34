"""A cluster: sightings of one device, and what they say of it together."""

from datetime import date
from itertools import product
from typing import NamedTuple, Never, TypeVar

from hub.rules.matching.homes import Home, Nearness, nearness
from hub.rules.matching.sighting import Key, Sighting, SightingId

T = TypeVar("T")


class Cluster(NamedTuple):
    """Sightings of one device in canonical order of their ids, their homes, and what they say of it together.

    What they say is worked out once, and put together with what others say where clusters are joined: each sighting is
    looked at in many neighbourhoods.
    """

    members: tuple[Sighting, ...]
    homes: tuple[Home, ...]
    ids: frozenset[SightingId]
    sources: frozenset[str]
    serials: frozenset[str]
    makers: frozenset[str]
    groups: frozenset[str]
    devices: frozenset[Key]
    gateways: frozenset[str]
    keys: frozenset[Key]
    places: frozenset[Key]
    areas: frozenset[Key]
    models: frozenset[str]
    capacities: frozenset[float]
    storages: frozenset[float]
    phases: frozenset[int]
    commissioned: frozenset[date]
    categories: frozenset[str]
    wordings: frozenset[frozenset[str]]
    is_listed: bool
    """Whether nobody but keepers of lists of sites tells of it."""

    @property
    def first(self) -> SightingId:
        return self.members[0].id

    def at(self, homes: tuple[Home, ...]) -> "Cluster":
        """The same at other homes."""
        return Cluster(self.members, homes, *self[2:])

    def with_(self, other: "Cluster") -> "Cluster":
        members = tuple(sorted((*self.members, *other.members), key=lambda s: s.id))
        homes = {home.number: home for home in (*self.homes, *other.homes)}
        return Cluster(
            members,
            tuple(homes[number] for number in sorted(homes)),
            self.ids | other.ids,
            self.sources | other.sources,
            self.serials | other.serials,
            self.makers | other.makers,
            self.groups | other.groups,
            self.devices | other.devices,
            self.gateways | other.gateways,
            self.keys | other.keys,
            self.places | other.places,
            self.areas | other.areas,
            self.models | other.models,
            self.capacities | other.capacities,
            self.storages | other.storages,
            self.phases | other.phases,
            self.commissioned | other.commissioned,
            self.categories | other.categories,
            self.wordings | other.wordings,
            self.is_listed and other.is_listed,
        )


def alone(sighting: Sighting, homes: tuple[Home, ...] = ()) -> Cluster:
    """A cluster of one sighting."""
    return Cluster(
        (sighting,),
        homes,
        frozenset((sighting.id,)),
        frozenset((sighting.source,)),
        _told(sighting.serial),
        _told(sighting.maker),
        _told(sighting.group),
        sighting.devices,
        sighting.gateways,
        frozenset(sighting.keys()),
        frozenset(sighting.places()),
        frozenset(sighting.areas()),
        _told(sighting.model),
        _told(sighting.capacity_kw),
        _told(sighting.storage_kwh),
        _told(sighting.phases),
        _told(sighting.commissioned_on),
        _told(sighting.category),
        frozenset((sighting.words,) if sighting.words else ()),
        bool(sighting.sites),
    )


def _told(value: T | None) -> frozenset[T]:
    return _NOTHING if value is None else frozenset((value,))


_NOTHING: frozenset[Never] = frozenset()


def nearness_of(one: Cluster, other: Cluster) -> Nearness:
    """How the places of two clusters lie to each other: of all that their homes say, what says most."""
    if len(one.homes) == len(other.homes) == 1:
        strongest = nearness(one.homes[0], other.homes[0])
    else:
        found = {nearness(a, b) for a, b in product(one.homes, other.homes)}
        strongest = next(n for n in _STRONGEST if n in found)
    if strongest is Nearness.ELSEWHERE and not one.places.isdisjoint(other.places):
        return Nearness.NEXT_DOOR
    return strongest


_STRONGEST = (
    Nearness.SAME_HOME,
    Nearness.ELSEWHERE,
    Nearness.NEXT_DOOR,
    Nearness.SAME_POSTCODE,
    Nearness.UNKNOWN,
)
