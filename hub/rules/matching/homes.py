"""Which sightings stand at one home: meter points, UPRN and address joined by what is known of that home together.

One source knows the meter point, another the address, a third both: who tells two of them of one device joins them for
everybody. Where such words contradict each other the more sources decide, and where they are even nobody is believed:
a meter point read from the neighbour's bill must not make one home of two.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from hub.rules.matching.sighting import Key, Sighting, SightingId
from schemas.edits import one_edit_apart

_BELIEVED = {"address": 0, "uprn": 1, "import_mpan": 2, "export_mpan": 3}
_NAMES = {"uprn", "address"}

_Root = Key | SightingId
"""What stands for a home: one of its place keys, or the only sighting that it is known by."""


class Nearness(Enum):
    """How the places of two devices lie to each other, by all that is known of both homes."""

    SAME_HOME = "same home"
    NEXT_DOOR = "another home in the same postcode"
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

    def __init__(
        self,
        sightings: Sequence[Sighting],
        shared: frozenset[Key] = frozenset(),
        together: Iterable[frozenset[SightingId]] = (),
    ) -> None:
        """`shared` are place keys that so many devices have that they name no home (a landlord's supply); `together`
        are sightings that are known to be of one device, which joins the places that each knows.
        """
        joined, unclear = _joined(sightings, shared)
        roots = {s.id: _root_of(s, joined, shared | unclear) for s in sightings}
        final = _one_device_one_home(roots, joined, together)
        members: dict[_Root, list[Sighting]] = defaultdict(list)
        for sighting in sightings:
            root = roots[sighting.id]
            members[final.get(root, root)].append(sighting)
        names: dict[_Root, list[Key]] = defaultdict(list)
        for key, root in joined.items():
            names[final.get(root, root)].append(key)
        self._root: dict[SightingId, _Root] = {s.id: root for root, told in members.items() for s in told}
        self._homes = {root: _home(n, told, names[root]) for n, (root, told) in enumerate(members.items())}

    def of(self, sighting: Sighting) -> Home:
        return self._homes[self._root[sighting.id]]


def nearness(one: Home, other: Home) -> Nearness:
    """The strongest key that both homes have decides."""
    if one.number == other.number:
        return Nearness.SAME_HOME
    if one.postcodes and other.postcodes and not one.postcodes & other.postcodes:
        slip = any(one_edit_apart(a, b) for a in one.postcodes for b in other.postcodes)
        return Nearness.UNKNOWN if slip else Nearness.ELSEWHERE
    same_postcode = bool(one.postcodes & other.postcodes)
    if any(one.names[name] and other.names[name] for name in _NAMES) or _other_supply(one, other):
        return Nearness.NEXT_DOOR if same_postcode else Nearness.ELSEWHERE
    return Nearness.SAME_POSTCODE if same_postcode else Nearness.UNKNOWN


def _other_supply(one: Home, other: Home) -> bool:
    """Whether both have a meter point of one direction, and not the same one with a slip of the pen."""
    return any(
        one.names[name]
        and other.names[name]
        and not any(one_edit_apart(a, b) for a in one.names[name] for b in other.names[name])
        for name in ("import_mpan", "export_mpan")
    )


def _root_of(sighting: Sighting, joined: Mapping[Key, Key], shared: frozenset[Key]) -> _Root:
    """The home to which most of its keys lead, of several the one of the most believed; without any by itself."""
    keys = [key for key in sighting.places() if key not in shared]
    if not keys:
        return sighting.id
    votes = Counter(joined[key] for key in keys)
    return joined[min(keys, key=lambda key: (-votes[joined[key]], _BELIEVED[key[0]]))]


def _one_device_one_home(
    roots: Mapping[SightingId, _Root], joined: Mapping[Key, Key], together: Iterable[frozenset[SightingId]]
) -> dict[_Root, _Root]:
    """For each home the one that it is part of, where devices that stand in both say so and no other says otherwise."""
    named = {root for key, root in joined.items() if key[0] == "uprn" or (key[0] == "address" and not _is_plot(key))}
    near: dict[_Root, set[_Root]] = defaultdict(set)
    for ids in together:
        homes = {roots[i] for i in ids}
        for home in homes:
            near[home] |= homes - {home}
    found: dict[_Root, _Root] = {}
    for start in sorted(near, key=str):
        if start in found:
            continue
        whole = _reached(start, near)
        names = whole & named
        if len(names) <= 1:
            found |= dict.fromkeys(whole, next(iter(names), min(whole, key=str)))
        else:
            found |= {home: home for home in whole}
    return found


def _reached(start: _Root, near: Mapping[_Root, set[_Root]]) -> set[_Root]:
    found, left = {start}, [start]
    while left:
        new = near[left.pop()] - found
        found |= new
        left += new
    return found


def _home(number: int, told: Sequence[Sighting], keys: Iterable[Key]) -> Home:
    names: dict[str, set[str]] = {name: set() for name in _BELIEVED}
    for key in keys:
        names[key[0]].add(key[2])
    postcodes = frozenset(s.postcode for s in told if s.postcode is not None)
    return Home(number, {name: frozenset(values) for name, values in names.items()}, postcodes)


def _joined(sightings: Iterable[Sighting], shared: frozenset[Key]) -> tuple[dict[Key, Key], frozenset[Key]]:
    """For each place key the one that stands for its home: addresses join their UPRN, then meter points join those.

    And the meter points that are said to be of two homes, which are no key of either.
    """
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
    unclear: set[Key] = set()
    for pairs in (named, supplied):
        unclear |= _join_by_support(pairs, union)
        union.settle()
    roots = {key: root for key, root in union.roots().items() if key not in unclear}
    return roots, frozenset(unclear)


def _join_by_support(pairs: Mapping[tuple[Key, Key], int], union: "_Union") -> set[Key]:
    """Joins what the most sources say first; gives the meter points about whose home as many say one as another."""
    unclear: set[Key] = set()
    for support in sorted(set(pairs.values()), reverse=True):
        equal = sorted(pair for pair, n in pairs.items() if n == support)
        clear = _uncontested(equal, union)
        for pair in clear:
            union.join(*pair)
        unclear |= {key for pair in set(equal) - set(clear) for key in pair if union.is_alone(key)}
    return {key for key in unclear if key[0] not in _NAMES and union.is_alone(key)}


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


def _is_plot(address: Key) -> bool:
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
        self._named |= {self.root(key) for key in self._parent if key[0] == "address" and not _is_plot(key)}

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
