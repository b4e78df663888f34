"""Whom to believe about homes: which place keys lead to one home where what is told of that contradicts itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from hub.rules.matching.sighting import NAMES, Key, Sighting, SightingId


def by_support(connected: Iterable[Sighting], places: Mapping[SightingId, tuple[Key, ...]]) -> Mapping[Key, Key]:
    """Addresses join their UPRN, then meter points join those. Meter points that are said to be of two homes are no
    key of either.
    """
    backers: dict[tuple[Key, Key], set[str]] = defaultdict(set)
    union = _Union()
    for sighting in connected:
        keys = sorted(places[sighting.id])
        for key in keys:
            union.add(key)
        for pair in combinations(keys, 2):
            backers[pair].add(sighting.source)
    named = {pair: len(who) for pair, who in backers.items() if {key[0] for key in pair} == NAMES}
    supplied = {pair: len(who) for pair, who in backers.items() if pair not in named}
    unclear: set[Key] = set()
    for pairs in (named, supplied):
        unclear |= _join_by_support(pairs, union)
        union.settle()
    return {key: root for key, root in union.roots().items() if key not in unclear}


def _join_by_support(pairs: Mapping[tuple[Key, Key], int], union: "_Union") -> set[Key]:
    """Joins what the most sources say first; gives the meter points about whose home as many say one as another."""
    unclear: set[Key] = set()
    for support in sorted(set(pairs.values()), reverse=True):
        equal = sorted(pair for pair, n in pairs.items() if n == support)
        clear = _uncontested(equal, union)
        for pair in clear:
            union.join(*pair)
        unclear |= {key for pair in set(equal) - set(clear) for key in pair if union.is_alone(key)}
    return {key for key in unclear if key[0] not in NAMES and union.is_alone(key)}


def _uncontested(pairs: Sequence[tuple[Key, Key]], union: "_Union") -> list[tuple[Key, Key]]:
    """Those pairs of equal support of which no other says that a key belongs to another home."""
    wanted: dict[Key, set[Key]] = defaultdict(set)
    for one, other in pairs:
        wanted[union.root(one)].add(union.root(other))
        wanted[union.root(other)].add(union.root(one))
    return [
        (one, other)
        for one, other in pairs
        if not any(union.contradict({root, *wanted[root]}) for root in (union.root(one), union.root(other)))
    ]


def is_plot(address: Key) -> bool:
    """A plot gets another address once it is built on, so that its number is no name of a home for good."""
    return address[2].rsplit("|", 1)[-1].startswith("plot ")


class _Union:
    """Disjoint sets of place keys. Sets that hold a name of the home apiece are not joined to each other.

    Until `settle`, only a UPRN is such a name, since one home may have its address written in two ways; from then on,
    an address without one is, too.
    """

    def __init__(self) -> None:
        self._parent: dict[Key, Key] = {}
        self._named: set[Key] = set()

    def add(self, key: Key) -> None:
        if key not in self._parent:
            self._parent[key] = key
            if key[0] == "uprn":
                self._named.add(key)

    def settle(self) -> None:
        self._named |= {self.root(key) for key in self._parent if key[0] == "address" and not is_plot(key)}

    def root(self, key: Key) -> Key:
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key

    def is_alone(self, key: Key) -> bool:
        return self.root(key) not in self._named

    def contradict(self, roots: Iterable[Key]) -> bool:
        """Whether to join these sets would make one home of two."""
        return len({self.root(root) for root in roots} & self._named) > 1

    def join(self, one: Key, other: Key) -> None:
        first, second = self.root(one), self.root(other)
        if first == second or self.contradict((first, second)):
            return
        if second in self._named:
            first, second = second, first
        self._parent[second] = first

    def roots(self) -> dict[Key, Key]:
        return {key: self.root(key) for key in self._parent}
