"""Which sightings are one device: clusters joined step by step, the surest step first.

A function of the sightings alone: whatever order they came in, the same sightings make the same clusters. Each step
joins two clusters only if no other candidate fits as well that could not be the same device, too; so two batteries
without serial numbers are left apart rather than guessed at, and what is left to one candidate by elimination finds
it. What came close and was not joined is a doubt, for a person.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hub.rules.matching import steps
from hub.rules.matching.around import Around
from hub.rules.matching.candidates import Candidates, Numbers, ordered
from hub.rules.matching.cluster import Cluster
from hub.rules.matching.doubt import COLLISIONS, Doubt, close
from hub.rules.matching.grounds import Grounds, Tier
from hub.rules.matching.homes import Homes
from hub.rules.matching.policy import Policy
from hub.rules.matching.serials import collide
from hub.rules.matching.sighting import Key, SightingId
from hub.rules.matching.vetoes import Veto

Pair = frozenset[SightingId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Grounds):
    """Two clusters that were joined; `one` and `other` are the sightings that speak for it."""

    one: SightingId
    other: SightingId


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
    told: Iterable[Cluster],
    policy: Policy,
    rulings: Rulings = Rulings(),
    shared: frozenset[Key] = frozenset(),
) -> Partition:
    """The devices that some sightings tell of, each given as a cluster `alone`.

    They must hold everything that shares a key with one of them.
    """
    ordered = sorted(told, key=lambda c: c.first)
    homes = Homes([s for c in ordered for s in c.members], shared)
    if len(ordered) == 1:
        return Partition((ordered[0].at(homes.of_all(ordered[0].members)),), (), ())
    among = Candidates(ordered, policy, rulings.apart, shared)
    work = _Work(among)
    among.stand(homes)
    work.join_ruled(rulings)
    work.take_all(steps.BY_NUMBER)
    if len(among.clusters) > 1:
        _look_further(work, homes)
    doubts = tuple(work.doubts())
    clusters = sorted(among.clusters.values(), key=lambda c: c.first)
    return Partition(tuple(clusters), tuple(work.links), doubts)


def _look_further(work: "_Work", homes: Homes) -> None:
    """The steps after those by number, by homes as they are known then."""
    among = work.among
    if work.links:
        # What is known of one device in two places is known of one home.
        homes.join(c.ids for c in among.clusters.values() if len(c.ids) > 1)
        among.stand(homes)
        work.take_all(steps.BY_NUMBER)
    work.take_all(steps.AT_HOME)
    among.look_around()
    # A number whose maker nobody told at first may have one by now.
    work.take_all((*steps.IN_POSTCODE, *steps.BY_NUMBER))


class _Work:
    """Joins candidates step by step, and notes why, and what is doubtful."""

    def __init__(self, among: Candidates) -> None:
        self.among = among
        self.links: list[Link] = []
        self._doubts: dict[Pair, Doubt] = {}

    def join_ruled(self, rulings: Rulings) -> None:
        for pair in sorted(rulings.same, key=sorted):
            numbers = sorted(n for n, c in self.among.clusters.items() if c.ids & pair)
            if len(numbers) == 2:
                self._join((numbers[0], numbers[1]), Tier.RULED, _RULED, {})

    def doubts(self) -> list[Doubt]:
        """What came close and was not joined, each pair of clusters once."""
        joined = {s.id: number for number, cluster in self.among.clusters.items() for s in cluster.members}
        left = {p: d for p, d in self._doubts.items() if len({joined[i] for i in p}) == 2}
        self._doubts = left
        for numbers, found in self.among.fit.items():
            if (reason := close(found)) is not None:
                self._note(numbers, reason)
        for one, other in self.among.pairs():
            if collide(self.among.clusters[one], self.among.clusters[other]):
                reason = COLLISIONS.get(self.among.forbidden(one, other) or Veto.CATEGORY)
                if reason is not None:
                    self._note((one, other), reason)
        return [self._doubts[pair] for pair in sorted(self._doubts, key=sorted)]

    def take_all(self, in_turn: Iterable[steps.Step]) -> None:
        for step in in_turn:
            if not self.among.fit:
                return
            self.take(step)

    def take(self, step: steps.Step) -> None:
        """Joins all that one step joins, the best fit first; what that makes possible comes after."""
        while joins := sorted(self._judged(step), key=self._rank):
            if not any([self._tried(numbers, step) for numbers in joins]):
                return

    def _judged(self, step: steps.Step) -> list[Numbers]:
        return [
            numbers
            for numbers, found in self.among.fit.items()
            if found.serials in step.looks_at and step.judge(found, Around(self.among, numbers)) is not None
        ]

    def _reason(self, numbers: Numbers, step: steps.Step) -> str | None:
        found = self.among.fit.get(numbers)
        if found is None or found.serials not in step.looks_at:
            return None
        return step.judge(found, Around(self.among, numbers))

    def _tried(self, numbers: Numbers, step: steps.Step) -> bool:
        """Joins two clusters if they still fit and have no rival."""
        reason = self._reason(numbers, step)
        if reason is None:
            return False
        if self._has_rival(numbers, step):
            if step.doubt:
                self._note(numbers, step.doubt)
            return False
        self._join(numbers, step.tier, reason, self.among.fit[numbers].evidence)
        return True

    def _rank(self, numbers: Numbers) -> tuple[float, list[SightingId]]:
        return -self.among.fit[numbers].score, sorted(self.among.clusters[n].first for n in numbers)

    def _has_rival(self, numbers: Numbers, step: steps.Step) -> bool:
        """Whether the two may as well be two devices: others fit them nearly as well, and are not one device."""
        enough = self.among.fit[numbers].score - step.margin(self.among.policy)
        mine, theirs = ({n, *self._as_good(n, other, step, enough)} for n, other in (numbers, numbers[::-1]))
        pairs = {ordered(a, b) for a in mine for b in theirs if a != b} - {numbers}
        return any(self.among.forbidden(*pair) for pair in pairs)

    def _as_good(self, number: int, other: int, step: steps.Step, enough: float) -> Iterator[int]:
        for third in self.among.near(number) - {other}:
            found = self.among.fit.get(ordered(number, third))
            if found is not None and found.score >= enough and self._reason(ordered(number, third), step) is not None:
                yield third

    def _join(self, numbers: Numbers, tier: Tier, reason: str, evidence: Mapping[str, str]) -> None:
        one, other = (self.among.clusters[n].first for n in numbers)
        self.links.append(Link(one=one, other=other, tier=tier, reason=reason, evidence=evidence))
        self.among.join(*numbers)

    def _note(self, numbers: Numbers, reason: str) -> None:
        one, other = sorted(self.among.clusters[n].first for n in numbers)
        self._doubts.setdefault(frozenset((one, other)), Doubt(one, other, reason))


_RULED = "Somebody with the right to decide has said that it is the same device."
