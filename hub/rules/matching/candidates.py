"""Clusters on their way to being joined, and which of them are held side by side.

Compared are those that a key, a home or at last a postcode brings together; what forbids two to be one device is looked
at anew with every cluster that grows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from hub.rules.matching.cluster import Cluster, nearness_of
from hub.rules.matching.comparison import Comparison, compare
from hub.rules.matching.homes import Homes, Nearness
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import Key, SightingId
from hub.rules.matching.vetoes import Veto, forbidden

Numbers = tuple[int, int]
"""Two clusters by their numbers, the lower first."""


class Candidates:
    """`fit` are the pairs that are held side by side and that nothing forbids, but for another number at one home."""

    def __init__(
        self,
        clusters: Iterable[Cluster],
        policy: Policy,
        ruled_apart: frozenset[frozenset[SightingId]],
        shared: frozenset[Key],
    ) -> None:
        """`shared` are keys that a crowd shares, which bring nobody together."""
        self.policy = policy
        self.shared = shared
        self.clusters = dict(enumerate(clusters))
        self.fit: dict[Numbers, Comparison] = {}
        self._ruled_apart = ruled_apart
        self._near: dict[int, set[int]] = {number: set() for number in self.clusters}
        self._areas: dict[Key, set[int]] = defaultdict(set)
        by_key: dict[Key, list[int]] = defaultdict(list)
        for number, cluster in self.clusters.items():
            for key in cluster.keys - shared:
                by_key[key].append(number)
            for area in cluster.areas - shared:
                self._areas[area].add(number)
        self._bring_together(by_key.values())

    def stand(self, homes: Homes) -> None:
        """Puts the clusters into their homes, and holds those side by side that a key or their home brings together.

        Those whose homes are the same as before have been held side by side.
        """
        moved = set[int]()
        for number, cluster in self.clusters.items():
            found = homes.of_all(cluster.members)
            if found != cluster.homes:
                self.clusters[number] = cluster.at(found)
                moved.add(number)
        if not moved:
            return
        at_home: dict[int, list[int]] = defaultdict(list)
        for number, cluster in self.clusters.items():
            for home in cluster.homes:
                at_home[home.number].append(number)
        self._bring_together(at_home.values())
        for pair in self.pairs():
            if not moved.isdisjoint(pair):
                self._look(*pair)

    def _bring_together(self, blocks: Iterable[Sequence[int]]) -> None:
        for numbers in blocks:
            for one, other in combinations(numbers, 2):
                self._near[one].add(other)
                self._near[other].add(one)

    def look_around(self) -> None:
        """Holds those side by side, too, that one postcode brings together."""
        for numbers in self._areas.values():
            for one, other in combinations(sorted(numbers), 2):
                if other not in self._near[one] and self._share_a_postcode(one, other):
                    self._near[one].add(other)
                    self._near[other].add(one)
                    self._look(one, other)

    def _share_a_postcode(self, one: int, other: int) -> bool:
        return nearness_of(self.clusters[one], self.clusters[other]) is Nearness.SAME_POSTCODE

    def near(self, number: int) -> set[int]:
        """Those that are held beside one."""
        return self._near[number]

    def found(self, number: int) -> Iterator[tuple[Numbers, Comparison]]:
        """Those pairs of one and another that fit."""
        pairs = (ordered(number, third) for third in self._near[number])
        return ((pair, self.fit[pair]) for pair in pairs if pair in self.fit)

    def pairs(self) -> Iterator[Numbers]:
        """All pairs that are held side by side."""
        for one, others in self._near.items():
            yield from ((one, other) for other in others if one < other)

    def in_areas(self, numbers: Iterable[int]) -> set[int]:
        """All clusters that stand in the postcodes of some."""
        areas = {area for number in numbers for area in self.clusters[number].areas}
        return {n for area in areas for n in self._areas[area]}

    def forbidden(self, one: int, other: int) -> Veto | None:
        return forbidden(self.clusters[one], self.clusters[other], self._ruled_apart, self.policy)

    def join(self, one: int, other: int) -> None:
        """Makes one cluster of two, under the number of the first."""
        self.clusters[one] = self.clusters[one].with_(self.clusters.pop(other))
        for area in self.clusters[one].areas & self._areas.keys():
            self._areas[area] = self._areas[area] - {other} | {one}
        self._near[one] = (self._near.pop(other, set()) | self._near[one]) - {one, other}
        self.fit.pop(ordered(one, other), None)
        for third in self._near[one]:
            self._near[third].discard(other)
            self._near[third].add(one)
            self.fit.pop(ordered(other, third), None)
            self._look(one, third)

    def _look(self, one: int, other: int) -> None:
        """Compares two clusters, unless something forbids them to be one."""
        numbers = ordered(one, other)
        first, second = self.clusters[numbers[0]], self.clusters[numbers[1]]
        self.fit.pop(numbers, None)
        veto = forbidden(first, second, self._ruled_apart, self.policy)
        if veto is None or (veto is Veto.SERIAL and nearness_of(first, second) is Nearness.SAME_HOME):
            self.fit[numbers] = compare(first, second, self.policy)


def ordered(one: int, other: int) -> Numbers:
    return (one, other) if one < other else (other, one)
