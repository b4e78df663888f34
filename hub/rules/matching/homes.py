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

from hub.rules.matching.components import Components
from hub.rules.matching.sighting import Key, Sighting, SightingId
from schemas.edits import one_edit_apart

_BELIEVED = {"address": 0, "uprn": 1, "import_mpan": 2, "export_mpan": 3}
NAMES = frozenset({"uprn", "address"})
"""The places that name one home; a meter point may serve several."""

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

    def __init__(self, sightings: Sequence[Sighting], shared: frozenset[Key] = frozenset()) -> None:
        """`shared` are place keys that so many devices have that they name no home (a landlord's supply)."""
        places = {s.id: [key for key in s.places() if key not in shared] for s in sightings}
        self._joined: dict[Key, Key] = {}
        for told in _connected(sightings, places):
            self._joined.update(_joined(told, places))
        self._roots = {i: _root_of(i, keys, self._joined) for i, keys in places.items()}
        members: dict[_Root, list[Sighting]] = defaultdict(list)
        for sighting in sightings:
            members[self._roots[sighting.id]].append(sighting)
        names: dict[_Root, list[Key]] = defaultdict(list)
        for key, root in self._joined.items():
            names[root].append(key)
        self._homes = {root: _home(n, told, names[root]) for n, (root, told) in enumerate(members.items())}

    def join(self, together: Iterable[frozenset[SightingId]]) -> None:
        """Takes in that sightings are of one device, which joins the places that each knows.

        A home that this adds nothing to stays the very same.
        """
        final = _one_device_one_home(self._roots, self._joined, together)
        parts: dict[_Root, list[Home]] = defaultdict(list)
        for root, whole in final.items():
            parts[whole].append(self._homes[root])
        whole_homes = {whole: _whole(homes) for whole, homes in parts.items()}
        self._homes.update((root, whole_homes[whole]) for root, whole in final.items())

    def of(self, sighting: Sighting) -> Home:
        return self._homes[self._roots[sighting.id]]

    def of_all(self, sightings: Sequence[Sighting]) -> tuple[Home, ...]:
        """Their homes, each once."""
        if len(sightings) == 1:
            return (self.of(sightings[0]),)
        homes = {home.number: home for home in map(self.of, sightings)}
        return tuple(homes[number] for number in sorted(homes))


def nearness(one: Home, other: Home) -> Nearness:
    """The strongest key that both homes have decides."""
    if one.number == other.number:
        return Nearness.SAME_HOME
    if one.postcodes and other.postcodes and not one.postcodes & other.postcodes:
        slip = any(one_edit_apart(a, b) for a in one.postcodes for b in other.postcodes)
        return Nearness.UNKNOWN if slip else Nearness.ELSEWHERE
    same_postcode = bool(one.postcodes & other.postcodes)
    if any(one.names[name] and other.names[name] for name in NAMES) or _other_supply(one, other):
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


def _root_of(sighting_id: SightingId, places: Sequence[Key], joined: Mapping[Key, Key]) -> _Root:
    """The home to which most of its keys lead, of several the one of the most believed; without any by itself."""
    roots = [joined[key] for key in places if key in joined]
    if len(set(roots)) < 2:
        return roots[0] if roots else sighting_id
    votes = Counter(roots)
    keys = [key for key in places if key in joined]
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
    names: dict[str, frozenset[str]] = dict.fromkeys(_BELIEVED, frozenset())
    for scheme, _, value in keys:
        names[scheme] |= {value}
    return Home(number, names, frozenset(s.postcode for s in told if s.postcode is not None))


def _whole(parts: Sequence[Home]) -> Home:
    """One home of several, under the number of the first."""
    first, *others = sorted(parts, key=lambda home: home.number)
    names = {name: values.union(*(home.names[name] for home in others)) for name, values in first.names.items()}
    whole = Home(first.number, names, first.postcodes.union(*(home.postcodes for home in others)))
    return first if whole == first else whole


def _connected(
    sightings: Iterable[Sighting], places: Mapping[SightingId, Sequence[Key]]
) -> Iterable[Sequence[Sighting]]:
    """Sightings with places, those together that place keys lead to from one another."""
    with_places = [s for s in sightings if places[s.id]]
    together = {tuple(places[s.id]) for s in with_places}
    if len(together) < 2:
        return [with_places] if together else []
    components = Components[Key]()
    for told in together:
        components.join(told)
    found: dict[Key, list[Sighting]] = defaultdict(list)
    for sighting in with_places:
        found[components.root(places[sighting.id][0])].append(sighting)
    return found.values()


def _joined(connected: Sequence[Sighting], places: Mapping[SightingId, Sequence[Key]]) -> Mapping[Key, Key]:
    """For each place key that leads to a home the one that stands for that home."""
    told = {s.id: places[s.id] for s in connected}
    keys = dict.fromkeys(key for of_it in told.values() for key in of_it)
    if _undisputed(keys, told.values()):
        return dict.fromkeys(keys, next(iter(keys)))
    return _by_support(connected, places)


def _undisputed(keys: Iterable[Key], told: Iterable[Sequence[Key]]) -> bool:
    """Whether keys that lead to one another name one home, in one way or in two that somebody tells together."""
    names = [key for key in keys if key[0] in NAMES]
    if len(names) < 2:
        return True
    one, other, *more = names
    return not more and one[0] != other[0] and any(one in of_it and other in of_it for of_it in told)


def _by_support(connected: Iterable[Sighting], places: Mapping[SightingId, Sequence[Key]]) -> Mapping[Key, Key]:
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
