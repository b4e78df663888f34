"""Which sightings stand at one home: meter points, UPRN and address joined by what is known of that home together.

One source knows the meter point, another the address, a third both: who tells two of them of one device joins them for
everybody. Where such words contradict each other the more sources decide, and where they are even nobody is believed:
a meter point read from the neighbour's bill must not make one home of two.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from hub.rules.matching.sighting import Key, Sighting, SightingId
from hub.rules.matching.slips import one_slip_apart

_BELIEVED = {"uprn": 0, "address": 1, "import_mpan": 2, "export_mpan": 3}
_NAMES = {"uprn", "address"}


class Nearness(Enum):
    """How the places of two devices lie to each other, by all that is known of both homes."""

    SAME_HOME = "same home"
    SAME_POSTCODE = "same postcode"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Home:
    """All that is known of one place. Two homes may be one: nothing that is known joins them."""

    number: int
    names: Mapping[str, frozenset[str]]
    postcodes: frozenset[str]


class Homes:
    """The homes of some sightings. `of` a sighting without any place but a postcode is a home of its own."""

    def __init__(self, sightings: Sequence[Sighting], shared: frozenset[Key] = frozenset()) -> None:
        """`shared` are place keys that so many devices have that they name no home (a landlord's supply)."""
        joined = _joined(sightings, shared)
        members: dict[Key | SightingId, list[Sighting]] = defaultdict(list)
        self._root: dict[SightingId, Key | SightingId] = {}
        for sighting in sightings:
            root = _root_of(sighting, joined, shared)
            self._root[sighting.id] = root
            members[root].append(sighting)
        self._homes = {root: _home(n, root, told, joined) for n, (root, told) in enumerate(members.items())}

    def of(self, sighting: Sighting) -> Home:
        return self._homes[self._root[sighting.id]]


def nearness(one: Home, other: Home) -> Nearness:
    """The strongest key that both homes have decides."""
    if one.number == other.number:
        return Nearness.SAME_HOME
    for name in ("uprn", "address"):
        if one.names[name] and other.names[name]:
            return Nearness.ELSEWHERE
    if one.postcodes and other.postcodes and not one.postcodes & other.postcodes:
        return Nearness.ELSEWHERE
    for name in ("import_mpan", "export_mpan"):
        mine, theirs = one.names[name], other.names[name]
        if mine and theirs and not any(one_slip_apart(a, b) for a in mine for b in theirs):
            return Nearness.ELSEWHERE
    return Nearness.SAME_POSTCODE if one.postcodes & other.postcodes else Nearness.UNKNOWN


def _root_of(sighting: Sighting, joined: Mapping[Key, Key], shared: frozenset[Key]) -> Key | SightingId:
    """The home of its most believed key; without one it stands by itself."""
    keys = [key for key in sighting.places() if key not in shared]
    return joined[min(keys, key=lambda k: _BELIEVED[k[0]])] if keys else sighting.id


def _home(number: int, root: object, told: Sequence[Sighting], joined: Mapping[Key, Key]) -> Home:
    names: dict[str, set[str]] = {name: set() for name in _BELIEVED}
    for key, its_root in joined.items():
        if its_root == root:
            names[key[0]].add(key[2])
    postcodes = frozenset(s.postcode for s in told if s.postcode is not None)
    return Home(number, {name: frozenset(values) for name, values in names.items()}, postcodes)


def _joined(sightings: Iterable[Sighting], shared: frozenset[Key]) -> dict[Key, Key]:
    """For each place key the one that stands for its home: addresses join their UPRN, then meter points join those."""
    backers: dict[tuple[Key, Key], set[str]] = defaultdict(set)
    union = _Union()
    for sighting in sightings:
        keys = sorted(key for key in sighting.places() if key not in shared)
        for key in keys:
            union.add(key)
        for pair in combinations(keys, 2):
            backers[pair].add(sighting.source)
    named = {pair: len(who) for pair, who in backers.items() if {key[0] for key in pair} == _NAMES}
    supplied = {pair: len(who) for pair, who in backers.items() if pair not in named}
    for pairs in (named, supplied):
        _join_by_support(pairs, union)
        union.settle()
    return union.roots()


def _join_by_support(pairs: Mapping[tuple[Key, Key], int], union: "_Union") -> None:
    for support in sorted(set(pairs.values()), reverse=True):
        for pair in _uncontested(sorted(p for p, n in pairs.items() if n == support), union):
            union.join(*pair)


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
        self._named |= {self.root(key) for key in self._parent if key[0] == "address"}

    def root(self, key: Key) -> Key:
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key

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
