"""A cluster: sightings of one device, and what they say of it together."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import product

from hub.rules.matching.homes import Home, Nearness, nearness
from hub.rules.matching.sighting import Key, Sighting, SightingId


@dataclass(frozen=True)
class Cluster:
    """Sightings of one device, and what they say of it together. In canonical order of their ids."""

    members: tuple[Sighting, ...]
    homes: tuple[Home, ...]

    @cached_property
    def ids(self) -> frozenset[SightingId]:
        return frozenset(s.id for s in self.members)

    @cached_property
    def sources(self) -> frozenset[str]:
        return frozenset(s.source for s in self.members)

    @cached_property
    def serials(self) -> frozenset[str]:
        return frozenset(s.serial for s in self.members if s.serial)

    @cached_property
    def makers(self) -> frozenset[str]:
        return frozenset(s.maker for s in self.members if s.maker)

    @cached_property
    def groups(self) -> frozenset[str]:
        return frozenset(s.group for s in self.members if s.group)

    @cached_property
    def devices(self) -> frozenset[Key]:
        return frozenset(d for s in self.members for d in s.devices)

    @cached_property
    def gateways(self) -> frozenset[str]:
        return frozenset(g for s in self.members for g in s.gateways)

    @cached_property
    def places(self) -> frozenset[Key]:
        return frozenset(p for s in self.members for p in s.places())

    @cached_property
    def areas(self) -> frozenset[Key]:
        return frozenset(a for s in self.members for a in s.areas())

    @cached_property
    def models(self) -> frozenset[str]:
        return frozenset(s.model for s in self.members if s.model is not None)

    @cached_property
    def capacities(self) -> frozenset[float]:
        return frozenset(s.capacity_kw for s in self.members if s.capacity_kw is not None)

    @cached_property
    def storages(self) -> frozenset[float]:
        return frozenset(s.storage_kwh for s in self.members if s.storage_kwh is not None)

    @cached_property
    def phases(self) -> frozenset[int]:
        return frozenset(s.phases for s in self.members if s.phases is not None)

    @cached_property
    def commissioned(self) -> frozenset[date]:
        return frozenset(s.commissioned_on for s in self.members if s.commissioned_on is not None)

    @cached_property
    def categories(self) -> frozenset[str]:
        return frozenset(s.category for s in self.members if s.category)

    @cached_property
    def wordings(self) -> frozenset[frozenset[str]]:
        return frozenset(s.words for s in self.members if s.words)

    @cached_property
    def is_listed(self) -> bool:
        """Whether nobody but keepers of lists of sites tells of it."""
        return all(s.sites for s in self.members)

    @property
    def first(self) -> SightingId:
        return self.members[0].id

    def with_(self, other: "Cluster") -> "Cluster":
        members = tuple(sorted((*self.members, *other.members), key=lambda s: s.id))
        homes = {home.number: home for home in (*self.homes, *other.homes)}
        return Cluster(members, tuple(homes[number] for number in sorted(homes)))


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
