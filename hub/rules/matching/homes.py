"""Which sightings stand at one home: meter points, UPRN and address joined by what is known of that home together.

One source knows the meter point, another the address, a third both: who tells two of them of one device joins them for
everybody. Where such words contradict each other the more sources decide, and where they are even nobody is believed:
a meter point read from the neighbour's bill must not make one home of two.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from hub.rules.matching.components import Components
from hub.rules.matching.sighting import NAMES, Key, Sighting, SightingId
from hub.rules.matching.support import by_support, is_plot
from schemas.edits import one_edit_apart

_BELIEVED = {"address": 0, "uprn": 1, "import_mpan": 2, "export_mpan": 3}
_Keys = tuple[Key, ...]
_Root = Key | SightingId
"""What stands for a home: one of its place keys, or the only sighting that it is known by."""


class Nearness(Enum):
    """How the places of two devices lie to each other, by all that is known of both homes."""

    SAME_HOME = "same home"
    NEXT_DOOR = "another home in the same postcode"
    SAME_POSTCODE = "same postcode"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"


class Home(NamedTuple):
    """All that is known of one place. Two homes may be one: nothing that is known joins them."""

    number: int
    names: Mapping[str, frozenset[str]]
    postcodes: frozenset[str]


class Homes:
    """The homes of some sightings. `of` a sighting without any place but a postcode is a home of its own."""

    def __init__(self, sightings: Sequence[Sighting], shared: frozenset[Key] = frozenset()) -> None:
        """`shared` are place keys that so many devices have that they name no home (a landlord's supply)."""
        places = {s.id: _unshared(s.places(), shared) for s in sightings}
        self._joined = _joined(sightings, places)
        roots = {way: _root_of(way, self._joined) for way in set(places.values())}
        self._roots: dict[SightingId, _Root] = {i: roots[way] or i for i, way in places.items()}
        members: dict[_Root, list[Sighting]] = defaultdict(list)
        for sighting in sightings:
            members[self._roots[sighting.id]].append(sighting)
        names: dict[_Root, list[Key]] = defaultdict(list)
        for key, root in self._joined.items():
            names[root].append(key)
        self._homes = {root: _home(n, told, names.get(root, ())) for n, (root, told) in enumerate(members.items())}

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


def _root_of(places: _Keys, joined: Mapping[Key, Key]) -> Key | None:
    """The home to which most keys lead, of several the one of the most believed; none where none leads to any."""
    roots = [joined[key] for key in places if key in joined]
    if len(set(roots)) < 2:
        return roots[0] if roots else None
    votes = Counter(roots)
    keys = [key for key in places if key in joined]
    return joined[min(keys, key=lambda key: (-votes[joined[key]], _BELIEVED[key[0]]))]


def _one_device_one_home(
    roots: Mapping[SightingId, _Root], joined: Mapping[Key, Key], together: Iterable[frozenset[SightingId]]
) -> dict[_Root, _Root]:
    """For each home the one that it is part of, where devices that stand in both say so and no other says otherwise."""
    near: dict[_Root, set[_Root]] = defaultdict(set)
    for ids in together:
        homes = {roots[i] for i in ids}
        if len(homes) > 1:
            for home in homes:
                near[home] |= homes - {home}
    if not near:
        return {}
    named = {root for key, root in joined.items() if key[0] == "uprn" or (key[0] == "address" and not is_plot(key))}
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


def _unshared(keys: _Keys, shared: frozenset[Key]) -> _Keys:
    return keys if shared.isdisjoint(keys) else tuple(key for key in keys if key not in shared)


def _joined(sightings: Sequence[Sighting], places: Mapping[SightingId, _Keys]) -> dict[Key, Key]:
    """For each place key that leads to a home the one that stands for that home."""
    joined: dict[Key, Key] = {}
    for ways in _connected(dict.fromkeys(way for way in places.values() if way)):
        keys = dict.fromkeys(key for way in ways for key in way)
        if len(ways) == 1 or _undisputed(keys, ways):
            joined.update(dict.fromkeys(keys, next(iter(keys))))
        else:
            joined.update(by_support([s for s in sightings if places[s.id] in ways], places))
    return joined


def _connected(ways: Collection[_Keys]) -> Iterable[Collection[_Keys]]:
    """The ways in which sightings tell their place, those together that keys lead to from one another."""
    if len(ways) < 2:
        return [ways] if ways else []
    components = Components[Key]()
    for way in ways:
        components.join(way)
    found: dict[Key, list[_Keys]] = defaultdict(list)
    for way in ways:
        found[components.root(way[0])].append(way)
    return found.values()


def _undisputed(keys: Iterable[Key], ways: Iterable[_Keys]) -> bool:
    """Whether keys that lead to one another name one home, in one way or in two that somebody tells together."""
    names = [key for key in keys if key[0] in NAMES]
    if len(names) < 2:
        return True
    one, other, *more = names
    return not more and one[0] != other[0] and any(one in way and other in way for way in ways)
