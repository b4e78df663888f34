"""What the neighbourhood of two clusters says of them."""

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from hub.rules.matching import agreement
from hub.rules.matching.agreement import Agreement
from hub.rules.matching.candidates import Candidates, Numbers, ordered
from hub.rules.matching.cluster import Cluster, nearness_of
from hub.rules.matching.homes import Nearness
from hub.rules.matching.policy import Policy
from hub.rules.matching.serials import OTHERS, collide
from hub.rules.matching.sighting import Sighting


class Around(NamedTuple):
    """The surroundings of the two clusters with these numbers."""

    candidates: Candidates
    numbers: Numbers

    @property
    def policy(self) -> Policy:
        return self.candidates.policy

    def are_of_an_estate(self) -> bool:
        """Whether in the postcode are so many of the kind that a number may be that of the one for next door."""
        areas = self.candidates.fit[self.numbers].areas
        return len(areas) > 1 or bool(areas & self.candidates.shared)

    def has_own_number(self) -> bool:
        """Whether at the home of either another device of the kind was told of with another serial number."""
        return any(map(self._has_own_number, self.numbers))

    def is_borrowed(self) -> bool:
        """Whether the serial number of one is that of a device at another home, and its own home has another number."""
        return any(map(self._borrows, self.numbers))

    def may_be_several(self) -> bool:
        """Whether a capacity told at the home is the sum of several of a kind that were put there at one time."""
        at_home = {
            n
            for number in self.numbers
            for pair, found in self.candidates.found(number)
            if found.nearness is Nearness.SAME_HOME and found.commissioned >= 0
            for n in pair
        }
        return _adds_up((s for n in at_home for s in self.candidates.clusters[n].members), self.policy)

    def are_as_many(self) -> bool:
        """Whether of the rows that fit one of the two as well each list has as many, and each fits all of the other."""
        enough = self.candidates.fit[self.numbers].score - self.policy.margin_of_rows
        mine, theirs = (
            {n, *(t for t in self.candidates.near(other) if self._fits_as(t, other, enough))}
            for n, other in (self.numbers, self.numbers[::-1])
        )
        return len(mine) == len(theirs) and all(self._fits_as(a, b, enough) for a in mine for b in theirs)

    def are_alone(self) -> bool:
        """Whether in the area of both no third cluster is told of that may be one of the two."""
        pair = [self.candidates.clusters[n] for n in self.numbers]
        others = self.candidates.in_areas(self.numbers) - {*self.numbers}
        return not any(_alike(one, self.candidates.clusters[n], self.policy) for n in others for one in pair)

    def _has_own_number(self, number: int) -> bool:
        """Whether a cluster at its home has another serial number, and may have been put there at the same time."""
        return any(
            found.serials in OTHERS and found.nearness is Nearness.SAME_HOME and found.commissioned >= 0
            for _, found in self.candidates.found(number)
        )

    def _borrows(self, number: int) -> bool:
        """Whether its home has another number, and its own is that of a device elsewhere, of which no fewer tell."""
        mine = self.candidates.clusters[number]
        return self._has_own_number(number) and any(
            collide(mine, theirs)
            and nearness_of(mine, theirs) in (Nearness.NEXT_DOOR, Nearness.ELSEWHERE)
            and len(theirs.sources) >= len(mine.sources)
            for theirs in (self.candidates.clusters[n] for n in self.candidates.near(number))
        )

    def _fits_as(self, one: int, other: int, enough: float) -> bool:
        found = self.candidates.fit.get(ordered(one, other))
        return found is not None and found.listed and found.score >= enough


def _alike(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """Whether two clusters of a kind may be one device as far as maker, model and time go."""
    near = agreement.dates(one, other, policy)
    if near is Agreement.DIFFERS or agreement.maker(one, other) is Agreement.DIFFERS:
        return False
    return near is Agreement.UNKNOWN or agreement.model(one, other) is not Agreement.DIFFERS


def _adds_up(told: Iterable[Sighting], policy: Policy) -> bool:
    """Whether of the capacities told of a home some are the sum of several devices such as the others tell of.

    A single source that tells half of what several others tell has made a slip.
    """
    by_source = {(s.source, s.capacity_kw) for s in told if s.capacity_kw}
    for count, (_, each) in product(policy.sums, by_source):
        sums, singles = (
            {source for source, capacity in by_source if abs(capacity - amount) <= policy.sum_within * amount}
            for amount in (count * each, each)
        )
        if sums and not len(singles) == 1 < len(sums):
            return True
    return False
