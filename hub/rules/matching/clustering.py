"""Which sightings are one device: clusters joined step by step, the surest step first.

A function of the sightings alone: whatever order they came in, the same sightings make the same clusters. Each step
joins two clusters only if no other candidate fits as well that could not be the same device, too; so two batteries
without serial numbers are left apart rather than guessed at, and what is left to one candidate by elimination finds
it. What came close and was not joined is a doubt, for a person.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import combinations

from hub.rules.matching.comparison import Cluster, Comparison, Serials, Veto, collide, compare, forbidden, twins
from hub.rules.matching.homes import Homes, Nearness
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import Key, Sighting, SightingId

Pair = frozenset[SightingId]


class Tier(IntEnum):
    """How sure it is that two sightings are of one device."""

    RULED = 0
    EXACT = 1
    PROBABLE = 2


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


@dataclass(frozen=True)
class _Step:
    """One way for two clusters to be one device. `judge` gives the reason, or nothing; `margin` is by how many bits a
    candidate must be better than its rivals."""

    tier: Tier
    judge: Callable[[Cluster, Cluster, Comparison], str | None]
    doubt: str
    margin: float


def partition(
    sightings: Iterable[Sighting],
    policy: Policy,
    rulings: Rulings = Rulings(),
    shared: frozenset[Key] = frozenset(),
) -> Partition:
    """The devices that some sightings tell of. They must hold everything that shares a key with one of them."""
    ordered = sorted(sightings, key=lambda s: s.id)
    homes = Homes(ordered, shared)
    work = _Work([Cluster((s,), (homes.of(s),)) for s in ordered], policy, rulings, shared)
    for step in _steps(policy, shared):
        work.take(step)
    doubts = tuple(work.doubts())
    clusters = sorted(work.clusters.values(), key=lambda c: c.first)
    return Partition(tuple(clusters), tuple(work.links), doubts)


def _steps(policy: Policy, shared: frozenset[Key]) -> Iterator[_Step]:
    for places in ((Nearness.SAME_HOME,), (Nearness.SAME_POSTCODE, Nearness.UNKNOWN), tuple(Nearness)):
        yield _Step(Tier.EXACT, _same_serial(policy, places), _SEVERAL_SERIALS, policy.margin)
    yield _Step(Tier.PROBABLE, _same_gateway, _SEVERAL_FIT, policy.margin)
    yield _Step(Tier.PROBABLE, _near_serial, _SEVERAL_FIT, policy.margin)
    yield _Step(Tier.PROBABLE, _fits_at_home, _SEVERAL_FIT, policy.margin)
    # Where several fit in a postcode nobody is asked: it is a street, or an estate, and no person knows either.
    yield _Step(Tier.PROBABLE, _fits_in_postcode(shared), "", policy.margin)


_SEVERAL_SERIALS = "More than one device has this serial number; say where each of them stands."
_SEVERAL_FIT = "More than one device at this place fits what was told; give the serial number."


def _same_serial(policy: Policy, places: tuple[Nearness, ...]) -> Callable[[Cluster, Cluster, Comparison], str | None]:
    """Serial number and maker, or an identifier of the device, at one home or where nothing says otherwise."""

    def judge(one: Cluster, other: Cluster, found: Comparison) -> str | None:
        if found.nearness not in places:
            return None
        if found.same_device_name:
            return "An identifier that names this one device is the same."
        if found.serials is not Serials.SAME:
            return None
        if found.maker > 0:
            return "Maker and serial number are the same."
        # A short number without its maker may be any maker's.
        long_enough = any(len(s) >= policy.serial_without_maker for s in one.serials & other.serials)
        if found.nearness is Nearness.SAME_HOME or (long_enough and found.agreeing and not found.differing):
            return "The serial number is the same, and nothing that was told speaks against it."
        return None

    return judge


def _same_gateway(_one: Cluster, _other: Cluster, found: Comparison) -> str | None:
    """A gateway may serve several devices, but seldom two of one kind; and those are told apart by number."""
    if found.gateway and found.serials is not Serials.OTHER and not found.differing:
        return "It is the only device of its kind that is behind the same network address."
    return None


def _near_serial(_one: Cluster, _other: Cluster, found: Comparison) -> str | None:
    if found.serials is Serials.NEAR and found.nearness is Nearness.SAME_HOME:
        if found.agreeing and not found.differing:
            return "It is the only device of its kind at this home, and the serial numbers differ by a slip of the pen."
    return None


def _fits_at_home(_one: Cluster, _other: Cluster, found: Comparison) -> str | None:
    if found.serials is not Serials.NONE or found.nearness is not Nearness.SAME_HOME:
        return None
    if found.differing or not (found.agreeing or found.maker > 0):
        return None
    return f"It is the only device of its kind at this home that fits: {_what_agrees(found)} the same."


def _fits_in_postcode(shared: frozenset[Key]) -> Callable[[Cluster, Cluster, Comparison], str | None]:
    def judge(one: Cluster, other: Cluster, found: Comparison) -> str | None:
        if found.serials is Serials.OTHER or found.nearness is not Nearness.SAME_POSTCODE:
            return None
        if found.maker <= 0 or found.differing or found.agreeing < 2:
            return None
        # Only within one area that is known whole, so that a decision never hangs on those in the next one.
        areas = {area for s in (*one.members, *other.members) for area in s.areas()}
        if len(areas) > 1 or areas & shared:
            return None
        return f"It is the only device in this postcode that fits: {_what_agrees(found)} the same."

    return judge


def _what_agrees(found: Comparison) -> str:
    names = ("maker", "model", "capacity", "storage capacity", "date of commissioning")
    agree = [name for name, fact in zip(names, (found.maker, *found.facts), strict=True) if fact > 0]
    return f"{', '.join(agree[:-1])} and {agree[-1]} are" if len(agree) > 1 else f"{agree[0]} is"


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
    _twins: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    _doubts: dict[Pair, Doubt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clusters = dict(enumerate(self.start))
        for numbers in self._blocks().values():
            for a, b in combinations(numbers, 2):
                self._near[a].add(b)
                self._near[b].add(a)
        self._join_ruled()
        for one, others in self._near.items():
            for other in others:
                if one < other:
                    self._look(one, other)

    def _blocks(self) -> Mapping[object, list[int]]:
        """Clusters that a key or their home brings together; and in a postcode those whose home is not known."""
        blocks: dict[object, list[int]] = defaultdict(list)
        areas: dict[Key, list[int]] = defaultdict(list)
        for number, cluster in self.clusters.items():
            sighting = cluster.members[0]
            for name in ({*sighting.keys()} - self.shared) | {home.number for home in cluster.homes}:
                blocks[name].append(number)
            for area in {*sighting.areas()} - self.shared:
                areas[area].append(number)
        for area, numbers in areas.items():
            for number in numbers:
                if not self.clusters[number].is_placed:
                    blocks[area, number] = [number, *(n for n in numbers if n != number)]
        return blocks

    def _join_ruled(self) -> None:
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

    def take(self, step: _Step) -> None:
        """Joins all that one step joins, the best fit first."""
        while (best := self._best(step)) is not None:
            numbers, reason = best
            self._join(numbers, step.tier, reason, self.fit[numbers].evidence)

    def _best(self, step: _Step) -> tuple[_Numbers, str] | None:
        reasons = {
            numbers: reason
            for numbers, found in self.fit.items()
            if (reason := step.judge(*(self.clusters[n] for n in numbers), found)) is not None
        }
        for numbers in sorted(reasons, key=self._rank):
            if not self._has_rival(numbers, reasons, step):
                return numbers, reasons[numbers]
            if step.doubt:
                self._note(numbers, step.doubt)
        return None

    def _rank(self, numbers: _Numbers) -> tuple[float, list[SightingId]]:
        return -self.fit[numbers].score, sorted(self.clusters[n].first for n in numbers)

    def _has_rival(self, numbers: _Numbers, reasons: Mapping[_Numbers, str], step: _Step) -> bool:
        """Whether a cluster fits one of the two nearly as well, and cannot be the same device as the other."""
        enough = self.fit[numbers].score - step.margin
        for mine, theirs in (numbers, numbers[::-1]):
            if step.tier is Tier.PROBABLE and self._twins[mine]:
                return True
            for third in self._near[mine] - {theirs}:
                to_mine = _ordered(mine, third)
                if to_mine in reasons and self.fit[to_mine].score >= enough and self._forbidden(third, theirs):
                    return True
        return False

    def _pairs(self) -> Iterator[_Numbers]:
        for one, others in self._near.items():
            yield from ((one, other) for other in others if one < other)

    def _forbidden(self, one: int, other: int) -> Veto | None:
        return forbidden(self.clusters[one], self.clusters[other], self.rulings.apart)

    def _look(self, one: int, other: int) -> None:
        """Compares two clusters, unless something forbids them to be one."""
        numbers = _ordered(one, other)
        pair = [self.clusters[n] for n in numbers]
        self.fit.pop(numbers, None)
        veto = self._forbidden(*numbers)
        if veto is None:
            self.fit[numbers] = compare(*pair, self.policy)
        elif twins(*pair, veto, self.policy):
            self._twins[one].add(other)
            self._twins[other].add(one)

    def _join(self, numbers: _Numbers, tier: Tier, reason: str, evidence: Mapping[str, str]) -> None:
        one, other = numbers
        mine, theirs = self.clusters[one], self.clusters.pop(other)
        self.links.append(Link(mine.first, theirs.first, tier, reason, evidence))
        self.clusters[one] = mine.with_(theirs)
        self._near[one] = (self._near.pop(other, set()) | self._near[one]) - {one, other}
        self.fit.pop(numbers, None)
        for third in self._twins.pop(other, set()):
            self._twins[third].discard(other)
        for third in self._twins[one]:
            self._twins[third].discard(one)
        self._twins[one] = set()
        for third in self._near[one]:
            self._near[third].discard(other)
            self._near[third].add(one)
            self.fit.pop(_ordered(other, third), None)
            self._look(one, third)

    def _note(self, numbers: _Numbers, reason: str) -> None:
        one, other = sorted(self.clusters[n].first for n in numbers)
        self._doubts.setdefault(frozenset((one, other)), Doubt(one, other, reason))


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
