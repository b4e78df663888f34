"""Which sightings are one device: clusters joined step by step, the surest step first.

A function of the sightings alone: whatever order they came in, the same sightings make the same clusters. Each step
joins two clusters only if no other candidate fits as well that could not be the same device, too; so two batteries
without serial numbers are left apart rather than guessed at, and what is left to one candidate by elimination finds
it. What came close and was not joined is a doubt, for a person.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from hub.rules.matching import steps
from hub.rules.matching.comparison import (
    OTHERS,
    Cluster,
    Comparison,
    Serials,
    Veto,
    adds_up,
    alike,
    collide,
    compare,
    forbidden,
    nearness_of,
)
from hub.rules.matching.homes import Homes, Nearness
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import Key, Sighting, SightingId
from hub.rules.matching.steps import Tier

Pair = frozenset[SightingId]


@dataclass(frozen=True, slots=True)
class Link:
    """Why two clusters were joined; `one` and `other` are the sightings that speak for it."""

    one: SightingId
    other: SightingId
    tier: Tier
    reason: str
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two clusters that may be one device: for a person to decide."""

    one: SightingId
    other: SightingId
    reason: str


@dataclass(frozen=True)
class Rulings:
    """What people have decided about pairs of sightings. It is never asked again."""

    same: frozenset[Pair] = frozenset()
    apart: frozenset[Pair] = frozenset()

    def partners(self, sighting_id: SightingId) -> set[SightingId]:
        """Those with which it was said to be the same device."""
        return {other for pair in self.same if sighting_id in pair for other in pair - {sighting_id}}


@dataclass(frozen=True)
class Partition:
    """Sightings by device, in canonical order, and how that came about."""

    clusters: tuple[Cluster, ...]
    links: tuple[Link, ...]
    doubts: tuple[Doubt, ...]


def partition(
    sightings: Iterable[Sighting],
    policy: Policy,
    rulings: Rulings = Rulings(),
    shared: frozenset[Key] = frozenset(),
) -> Partition:
    """The devices that some sightings tell of. They must hold everything that shares a key with one of them."""
    ordered = sorted(sightings, key=lambda s: s.id)
    if len(ordered) == 1:
        return Partition((Cluster((ordered[0],), (Homes(ordered, shared).of(ordered[0]),)),), (), ())
    work = _Work([Cluster((s,), ()) for s in ordered], policy, rulings, shared)
    work.stand(Homes(ordered, shared))
    work.join_ruled()
    for step in steps.by_number(policy):
        work.take(step)
    # What is known of one device in two places is known of one home.
    work.stand(Homes(ordered, shared, [c.ids for c in work.clusters.values() if len(c.ids) > 1]))
    for step in (*steps.by_number(policy), *steps.at_home(policy, shared)):
        work.take(step)
    work.look_around()
    for step in steps.in_postcode(shared):
        work.take(step)
    doubts = tuple(work.doubts())
    clusters = sorted(work.clusters.values(), key=lambda c: c.first)
    return Partition(tuple(clusters), tuple(work.links), doubts)


_Numbers = tuple[int, int]


@dataclass
class _Work:
    """Clusters on their way to being joined. `fit` are the pairs that share a key and that nothing forbids."""

    start: Sequence[Cluster]
    policy: Policy
    rulings: Rulings
    shared: frozenset[Key]
    links: list[Link] = field(default_factory=list)
    clusters: dict[int, Cluster] = field(default_factory=dict)
    fit: dict[_Numbers, Comparison] = field(default_factory=dict)
    _near: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    _areas: dict[Key, set[int]] = field(default_factory=lambda: defaultdict(set))
    _doubts: dict[Pair, Doubt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clusters = dict(enumerate(self.start))

    def stand(self, homes: Homes) -> None:
        """Puts the clusters into their homes, and holds those side by side that a key or their home brings together."""
        for number, cluster in self.clusters.items():
            places = {home.number: home for home in map(homes.of, cluster.members)}
            self.clusters[number] = Cluster(cluster.members, tuple(places[n] for n in sorted(places)))
        self._near.clear()
        self.fit.clear()
        for numbers in self._blocks().values():
            for a, b in combinations(numbers, 2):
                self._near[a].add(b)
                self._near[b].add(a)
        for one, others in self._near.items():
            for other in others:
                if one < other:
                    self._look(one, other)

    def _blocks(self) -> Mapping[object, list[int]]:
        """Clusters that a key or their home brings together; and in a postcode those whose home is not known."""
        blocks: dict[object, list[int]] = defaultdict(list)
        self._areas = defaultdict(set)
        for number, cluster in self.clusters.items():
            keys = {key for s in cluster.members for key in s.keys()}  # noqa: SIM118 - a method
            for name in (keys - self.shared) | {home.number for home in cluster.homes}:
                blocks[name].append(number)
            for area in cluster.areas - self.shared:
                self._areas[area].add(number)
        return blocks

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

    def join_ruled(self) -> None:
        for pair in sorted(self.rulings.same, key=sorted):
            numbers = sorted(n for n, c in self.clusters.items() if c.ids & pair)
            if len(numbers) == 2:
                self._join((numbers[0], numbers[1]), Tier.RULED, _RULED, {})

    def doubts(self) -> list[Doubt]:
        """What came close and was not joined, each pair of clusters once."""
        joined = {s.id: number for number, cluster in self.clusters.items() for s in cluster.members}
        left = {p: d for p, d in self._doubts.items() if len({joined[i] for i in p}) == 2}
        self._doubts = left
        for numbers, found in self.fit.items():
            if (reason := _close(found)) is not None:
                self._note(numbers, reason)
        for numbers in self._pairs():
            reason = _COLLISIONS.get(self._forbidden(*numbers) or Veto.CATEGORY)
            if reason is not None and collide(*(self.clusters[n] for n in numbers)):
                self._note(numbers, reason)
        return [self._doubts[pair] for pair in sorted(self._doubts, key=sorted)]

    def take(self, step: steps.Step) -> None:
        """Joins all that one step joins, the best fit first; what that makes possible comes after."""
        while any([self._tried(numbers, step) for numbers in sorted(self._judged(step), key=self._rank)]):
            pass

    def _judged(self, step: steps.Step) -> list[_Numbers]:
        return [numbers for numbers in self.fit if self._reason(numbers, step) is not None]

    def _reason(self, numbers: _Numbers, step: steps.Step) -> str | None:
        found = self.fit.get(numbers)
        return None if found is None else step.judge(found, _Around(self, numbers))

    def _tried(self, numbers: _Numbers, step: steps.Step) -> bool:
        """Joins two clusters if they still fit and have no rival."""
        reason = self._reason(numbers, step)
        if reason is None:
            return False
        if self._has_rival(numbers, step):
            if step.doubt:
                self._note(numbers, step.doubt)
            return False
        self._join(numbers, step.tier, reason, self.fit[numbers].evidence)
        return True

    def _rank(self, numbers: _Numbers) -> tuple[float, list[SightingId]]:
        return -self.fit[numbers].score, sorted(self.clusters[n].first for n in numbers)

    def _has_rival(self, numbers: _Numbers, step: steps.Step) -> bool:
        """Whether the two may as well be two devices: others fit them nearly as well, and are not one device."""
        enough = self.fit[numbers].score - step.margin
        mine, theirs = ({n, *self._as_good(n, other, step, enough)} for n, other in (numbers, numbers[::-1]))
        pairs = {_ordered(a, b) for a in mine for b in theirs if a != b} - {numbers}
        return any(self._forbidden(*pair) for pair in pairs)

    def _as_good(self, number: int, other: int, step: steps.Step, enough: float) -> Iterator[int]:
        for third in self._near[number] - {other}:
            to_it = _ordered(number, third)
            if to_it in self.fit and self.fit[to_it].score >= enough and self._reason(to_it, step) is not None:
                yield third

    def has_own_number(self, number: int) -> bool:
        """Whether a cluster at its home has another serial number, and may have been put there at the same time."""
        return any(
            found.serials in OTHERS and found.nearness is Nearness.SAME_HOME and found.commissioned >= 0
            for _, found in self._found(number)
        )

    def borrows(self, number: int) -> bool:
        """Whether its home has another number, and its own is that of a device elsewhere, of which no fewer tell."""
        mine = self.clusters[number]
        return self.has_own_number(number) and any(
            collide(mine, theirs)
            and nearness_of(mine, theirs) in (Nearness.NEXT_DOOR, Nearness.ELSEWHERE)
            and len(theirs.sources) >= len(mine.sources)
            for theirs in (self.clusters[n] for n in self._near[number])
        )

    def may_be_several(self, numbers: _Numbers) -> bool:
        """Whether a capacity told at the home is the sum of several of a kind that were put there at one time."""
        at_home = {
            n
            for number in numbers
            for pair, found in self._found(number)
            if found.nearness is Nearness.SAME_HOME and found.commissioned >= 0
            for n in pair
        }
        return adds_up((s for n in at_home for s in self.clusters[n].members), self.policy)

    def are_as_many(self, numbers: _Numbers) -> bool:
        """Whether of the rows that fit one of the two as well each list has as many, and each fits all of the other."""
        enough = self.fit[numbers].score - self.policy.margin_of_rows
        mine, theirs = (
            {n, *(t for t in self._near[other] if self._fits_as(t, other, enough))}
            for n, other in (numbers, numbers[::-1])
        )
        return len(mine) == len(theirs) and all(self._fits_as(a, b, enough) for a in mine for b in theirs)

    def _fits_as(self, one: int, other: int, enough: float) -> bool:
        found = self.fit.get(_ordered(one, other))
        return found is not None and found.listed and found.score >= enough

    def are_alone(self, numbers: _Numbers) -> bool:
        """Whether in the area of both no third cluster is told of that may be one of the two."""
        pair = [self.clusters[n] for n in numbers]
        areas = {area for cluster in pair for area in cluster.areas}
        others = {n for area in areas for n in self._areas[area]} - {*numbers}
        return not any(alike(one, self.clusters[n], self.policy) for n in others for one in pair)

    def _found(self, number: int) -> Iterator[tuple[_Numbers, Comparison]]:
        pairs = (_ordered(number, third) for third in self._near[number])
        return ((pair, self.fit[pair]) for pair in pairs if pair in self.fit)

    def _pairs(self) -> Iterator[_Numbers]:
        for one, others in self._near.items():
            yield from ((one, other) for other in others if one < other)

    def _forbidden(self, one: int, other: int) -> Veto | None:
        return forbidden(self.clusters[one], self.clusters[other], self.rulings.apart, self.policy)

    def _look(self, one: int, other: int) -> None:
        """Compares two clusters, unless something forbids them to be one."""
        numbers = _ordered(one, other)
        pair = self.clusters[numbers[0]], self.clusters[numbers[1]]
        self.fit.pop(numbers, None)
        veto = self._forbidden(*numbers)
        if veto is None or (veto is Veto.SERIAL and nearness_of(*pair) is Nearness.SAME_HOME):
            self.fit[numbers] = compare(*pair, self.policy)

    def _join(self, numbers: _Numbers, tier: Tier, reason: str, evidence: Mapping[str, str]) -> None:
        one, other = numbers
        mine, theirs = self.clusters[one], self.clusters.pop(other)
        self.links.append(Link(mine.first, theirs.first, tier, reason, evidence))
        self.clusters[one] = mine.with_(theirs)
        for area in self.clusters[one].areas & self._areas.keys():
            self._areas[area] = self._areas[area] - {other} | {one}
        self._near[one] = (self._near.pop(other, set()) | self._near[one]) - {one, other}
        self.fit.pop(numbers, None)
        for third in self._near[one]:
            self._near[third].discard(other)
            self._near[third].add(one)
            self.fit.pop(_ordered(other, third), None)
            self._look(one, third)

    def _note(self, numbers: _Numbers, reason: str) -> None:
        one, other = sorted(self.clusters[n].first for n in numbers)
        self._doubts.setdefault(frozenset((one, other)), Doubt(one, other, reason))


@dataclass(frozen=True)
class _Around:
    """What a neighbourhood says of two of its clusters."""

    work: _Work
    numbers: _Numbers

    def has_own_number(self) -> bool:
        return any(map(self.work.has_own_number, self.numbers))

    def is_borrowed(self) -> bool:
        return any(map(self.work.borrows, self.numbers))

    def may_be_several(self) -> bool:
        return self.work.may_be_several(self.numbers)

    def are_as_many(self) -> bool:
        return self.work.are_as_many(self.numbers)

    def are_alone(self) -> bool:
        return self.work.are_alone(self.numbers)


_COLLISIONS = {
    Veto.PLACE: "A device with the same serial number stands at another place: moved, or a wrong serial number.",
    Veto.ONE_SOURCE: "Two devices were told with one serial number; each has its own, so check both labels.",
}
_RULED = "Somebody with the right to decide has said that it is the same device."


def _close(found: Comparison) -> str | None:
    """Why a pair that nothing forbids and that was not joined is worth a person's look, or nothing."""
    if found.nearness is not Nearness.SAME_HOME:
        return None
    if found.serials is Serials.NEAR:
        return "A device at the same home has nearly the same serial number; check both labels."
    if found.serials is Serials.NONE and found.differing == 1 and found.agreeing:
        return (
            "A device of the same kind at this home differs in one thing that was told; check whether it is the same."
        )
    return None


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
