"""The sightings that a decision about one of them depends on, and no more: point look-ups by key.

What shares a key is joined over several steps to a component, which is a home, a serial number's homes, rarely more. A
device of which no more than the postcode is known is compared with all of its maker in that postcode, one step and no
further. A key that a crowd shares (a landlord's supply, a serial number printed on every carton) joins nobody. Keys
that lead on and on (no homes and devices do) are not followed beyond the home.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from hub.rules.matching.cluster import Cluster, alone
from hub.rules.matching.clustering import Partition, Rulings, partition
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import NAMES, Key, Sighting, SightingId


@dataclass(frozen=True)
class Settled:
    """What was decided anew: the clusters that may have changed, and all that was looked at on the way."""

    clusters: tuple[Cluster, ...]
    looked_at: Partition


class Sightings:
    """Sightings by their keys, in memory."""

    def __init__(self, policy: Policy, crowded: Iterable[Key] = ()) -> None:
        """`crowded` are keys that a crowd is known to have, of which not all are here."""
        self._policy = policy
        self._crowded = frozenset(crowded)
        self._fewest = min(policy.crowd, policy.estate)
        self._by_id: dict[SightingId, Sighting] = {}
        self._alone: dict[SightingId, Cluster] = {}
        self._by_key: dict[Key, set[SightingId]] = defaultdict(set)
        self._together: dict[SightingId, frozenset[SightingId]] = {}

    def __getitem__(self, sighting_id: SightingId) -> Sighting:
        return self._by_id[sighting_id]

    def get(self, sighting_id: SightingId) -> Sighting | None:
        return self._by_id.get(sighting_id)

    def put(self, sighting: Sighting) -> list[SightingId]:
        """Adds a sighting or replaces it; gives those whose decision may depend on it."""
        before = self._by_id.get(sighting.id)
        keys_before = before.all_keys() if before else ()
        keys = sighting.all_keys()
        touched = [sighting.id]
        for key in keys_before:
            if key not in keys:
                self._by_key[key].discard(sighting.id)
                touched += self._by_key[key]
        for key in keys:
            holders = self._by_key[key]
            if sighting.id in holders:
                continue
            holders.add(sighting.id)
            if len(holders) > self._fewest and key not in self._crowded and len(holders) == self._policy.most(key) + 1:
                # With this one it is a crowd: what the key has joined so far is to be decided without it.
                touched += holders
        self._by_id[sighting.id] = sighting
        self._alone.pop(sighting.id, None)
        return touched

    def joined(self, ids: frozenset[SightingId]) -> None:
        """Notes sightings that were found to be one device before they came here."""
        self._together.update(dict.fromkeys(ids, ids))

    def settle(self, touched: Iterable[SightingId], rulings: Rulings) -> Settled:
        """Decides anew about everything that some sightings may have changed."""
        crowded: set[Key] = set()
        start = {mate for i in touched for mate in self._together.get(i, (i,))}
        core = self._neighbourhood(start, rulings, crowded)
        areas = {key for i in core for key in self._by_id[i].areas()}
        around = {i for key in areas for i in self._holders(key, crowded)} - core
        changed = all_ids = core
        if around and not self._all_named(core | around):
            changed = core | around
            all_ids = core | self._neighbourhood(around, rulings, crowded)
            if len(all_ids) > self._policy.reach:
                changed = all_ids = core
                crowded |= areas
        found = partition(map(self._cluster, all_ids), self._policy, rulings, frozenset(crowded))
        settled = Settled(tuple(c for c in found.clusters if c.ids & changed), found)
        for cluster in settled.clusters:
            self.joined(cluster.ids)
        return settled

    def _cluster(self, sighting_id: SightingId) -> Cluster:
        """A sighting as a cluster of its own; made once, since it is looked at from every neighbour."""
        found = self._alone.get(sighting_id)
        if found is None:
            found = self._alone[sighting_id] = alone(self._by_id[sighting_id])
        return found

    def _all_named(self, ids: Iterable[SightingId]) -> bool:
        """Whether all say in one way, and without contradiction, which home theirs is.

        Then a postcode in common tells nothing about any two of them.
        """
        told = [self._by_id[i] for i in ids]
        ways = [name for name in NAMES if all(getattr(s, name) is not None for s in told)]
        if not ways:
            return False
        names = [self._names(s) for s in told]
        return any(all(way in of_it for of_it in names) for way in ways)

    def _names(self, sighting: Sighting) -> set[str]:
        """The ways in which a sighting names its home, if nobody names the place of its keys otherwise."""
        places = [key for key in sighting.places() if not self._is_crowded(key)]
        names = {key for key in places if key[0] in NAMES}
        others = {i for key in places for i in self._by_key[key]} - {sighting.id}
        told = {key for i in others for key in self._by_id[i].places() if key[0] in NAMES}
        return {key[0] for key in names} if told <= names else set()

    def _is_crowded(self, key: Key) -> bool:
        holders = len(self._by_key.get(key, ()))
        return (holders > self._fewest and holders > self._policy.most(key)) or key in self._crowded

    def _neighbourhood(self, start: Iterable[SightingId], rulings: Rulings, crowded: set[Key]) -> set[SightingId]:
        """Everything that decisions about some sightings depend on."""
        found: set[SightingId] = set()
        for sighting_id in start:
            if sighting_id in self._by_id and sighting_id not in found:
                found |= self._reached(sighting_id, rulings, crowded)
        return found

    def _reached(self, start: SightingId, rulings: Rulings, crowded: set[Key]) -> set[SightingId]:
        """What keys that no crowd shares lead to. Where that is too much only what its places do, or nothing."""
        for follows in (Sighting.keys, Sighting.places):
            passed = set[Key]()
            found = self._component(start, rulings, follows, passed)
            if len(found) <= self._policy.reach:
                crowded |= passed
                if follows is Sighting.places:
                    crowded.update(key for i in found for key in self._left_out(self._by_id[i]))
                return found
        crowded.update(self._by_id[start].keys())
        return {start}

    @staticmethod
    def _left_out(sighting: Sighting) -> set[Key]:
        """Keys that are not followed where only places are."""
        return {*sighting.keys()}.difference(sighting.places())

    def _component(
        self, start: SightingId, rulings: Rulings, follows: Callable[[Sighting], Iterable[Key]], crowded: set[Key]
    ) -> set[SightingId]:
        """What some of the keys of a sighting and of those found lead to; with one more than is in reach it ends."""
        found: set[SightingId] = set()
        left = [start]
        seen: set[Key] = set()
        while left and len(found) <= self._policy.reach:
            sighting_id = left.pop()
            if sighting_id in found:
                continue
            found.add(sighting_id)
            if rulings.same:
                left += [i for i in rulings.partners(sighting_id) if i in self._by_id]
            for key in follows(self._by_id[sighting_id]):
                if key not in seen:
                    seen.add(key)
                    left += self._holders(key, crowded)
        return found

    def _holders(self, key: Key, crowded: set[Key]) -> Collection[SightingId]:
        if self._is_crowded(key):
            crowded.add(key)
            return ()
        return self._by_key.get(key, ())
