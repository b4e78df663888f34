"""The part of the register that a batch's decisions about identity depend on, and what becomes of it.

Loaded and held row by row, key by key: what is found leads to further keys, until there are no more. A sighting that
another worker adds meanwhile shares a key of the batch, for which that worker waits, or one of a row held here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules.matching.asset_id import asset_id
from hub.rules.matching.components import Components
from hub.rules.matching.identity import Grouping, identity_of
from hub.rules.matching.neighbourhood import Settled, Sightings
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import AREA, Key, Sighting, SightingId
from hub.rules.matching.standing import Standing, standings
from hub.services.registration import stored
from hub.services.registration.decided import NO_SOURCE, Decided, Name, RulingKey, key_of, names_of, sides
from registry_store import rulings, sightings
from registry_store.engine import Connection
from schemas.records.decisions import RulingRow
from schemas.records.sightings import SightingRow

Moved = tuple[SightingId, UUID]
"""A sighting and the asset that it now is of."""


@dataclass
class Neighbours:
    """Sightings with their assets and standings, as they are and as they become message by message."""

    policy: Policy
    sightings: Sightings
    decided: Decided
    assets: dict[SightingId, UUID] = field(default_factory=dict)
    standing: dict[SightingId, Standing] = field(default_factory=dict)
    members: dict[UUID, set[SightingId]] = field(default_factory=lambda: defaultdict(set))
    by_own_id: dict[UUID, SightingId] = field(default_factory=dict)
    before: dict[SightingId, Sighting] = field(default_factory=dict)
    changed: set[SightingId] = field(default_factory=set)

    def place(self, sighting: Sighting) -> tuple[tuple[Grouping, ...], tuple[Moved, ...]]:
        """Takes a sighting in, and gives every asset that this makes another, its own the first, and who moved."""
        if self.sightings.get(sighting.id) == sighting:
            return (self.grouping_of(sighting.id),), ()
        self.changed.add(sighting.id)
        self.by_own_id[sighting.own_id] = sighting.id
        touched = self.sightings.put(sighting)
        # What was decided about it may count from now on, and may have waited for it.
        affected, moved = self._settle_anew([*touched, *self.decided.sees(sighting)])
        own = self.assets[sighting.id]
        return tuple(self.grouping(a) for a in (own, *sorted(affected - {own}))), moved

    def rule(self, row: RulingRow) -> tuple[tuple[Grouping, ...], tuple[Moved, ...]]:
        """Takes a decision in, and gives every asset that this makes another, and who moved."""
        affected, moved = self._settle_anew(self.decided.takes(row))
        return tuple(self.grouping(a) for a in sorted(affected)), moved

    def grouping_of(self, sighting_id: SightingId) -> Grouping:
        """The asset of a sighting, as far as identity goes."""
        return self.grouping(self.assets[sighting_id])

    def settle_anew(self, ids: Sequence[SightingId]) -> tuple[tuple[Grouping, ...], tuple[Moved, ...]]:
        """Decides about sightings that are here and that nobody has decided about.

        Gives every asset that they are of or that this makes another, and who moved.
        """
        self.changed |= set(ids)
        affected, moved = {self.assets[i] for i in ids}, list[Moved]()
        for sighting_id in ids:
            others, went = self._settle_anew([sighting_id])
            affected |= others
            moved += went
        return tuple(self.grouping(a) for a in sorted(affected)), tuple(moved)

    def device(self, sighting_id: SightingId) -> dict[SightingId, Standing]:
        """The standings of all sightings of one's asset."""
        return {i: self.standing[i] for i in sorted(self.members[self.assets[sighting_id]])}

    def _settle_anew(self, touched: Sequence[SightingId]) -> tuple[set[UUID], tuple[Moved, ...]]:
        if not touched:
            return set(), ()
        return self._settle(self.sightings.settle(touched, self.decided.in_force.rulings))

    def _settle(self, settled: Settled) -> tuple[set[UUID], tuple[Moved, ...]]:
        """The assets that have other sightings or another standing than before, and the sightings that moved."""
        affected: set[UUID] = set()
        moved: list[Moved] = []
        for cluster in settled.clusters:
            now = asset_id(cluster.members)
            for sighting in cluster.members:
                before = self.assets.get(sighting.id)
                if before != now:
                    # The asset that had its id may be gone already, and leads to where it is now.
                    affected |= {now, sighting.own_id} if before is None else {before, now, sighting.own_id}
                    moved.append((sighting.id, now))
                    self._move(sighting.id, before, now)
        found_anew = standings(settled, self.assets)
        for sighting_id, found in self.decided.linked(found_anew, self.standing, self.assets).items():
            if self.standing.get(sighting_id) != found:
                self.standing[sighting_id] = found
                self.changed.add(sighting_id)
                affected.add(self.assets[sighting_id])
        self.changed.update(sighting_id for sighting_id, _ in moved)
        return affected, tuple(moved)

    def _move(self, sighting_id: SightingId, before: UUID | None, now: UUID) -> None:
        if before is not None:
            self.members[before].discard(sighting_id)
        self.members[now].add(sighting_id)
        self.assets[sighting_id] = now

    def grouping(self, asset: UUID) -> Grouping:
        """An asset as it has become."""
        members = tuple(sorted(self.members[asset]))
        merged_into = None if members else self._leads_to(asset)
        return Grouping(asset, members, identity_of(self.standing[i] for i in members), merged_into)

    def _leads_to(self, asset: UUID) -> UUID | None:
        """Where the sighting is now whose own id an asset has."""
        sighting_id = self.by_own_id.get(asset)
        return None if sighting_id is None else self.assets.get(sighting_id)

    def own_ids(self, ids: Iterable[SightingId]) -> dict[SightingId, UUID]:
        """The id that each sighting's asset would have if nobody else told of it."""
        return {i: own for i in ids if (own := self._own(i)) is not None}

    def _own(self, sighting_id: SightingId) -> UUID | None:
        found = self.sightings.get(sighting_id)
        return found.own_id if found else None


async def load(
    connection: Connection,
    policy: Policy,
    ids: Iterable[SightingId],
    told: Sequence[Sighting],
    named: Iterable[Name] = (),
) -> Neighbours:
    """What decisions depend on: `ids` are the references of a batch, `told` the sightings that it makes of them, and
    `named` are devices that somebody decides about."""
    loading = _Loading(connection, policy)
    known = {s.id: s for s in await loading.hold(set(ids))}
    # What is told again without a difference leads nowhere new; of its asset the other sightings are wanted.
    new = [s for s in told if s.id not in known or s.with_own_id(known[s.id].own_id) != known[s.id]]
    decided_about = await loading.hold_named(set(named))
    decided_about += [known[name] for name in named if name in known]
    await loading.follow([*new, *(known[s.id] for s in new if s.id in known), *decided_about])
    await loading.follow_rulings({*named, *(name for s in told for name in names_of(s))})
    return _neighbours(loading)


async def load_undecided(connection: Connection, policy: Policy, ids: Iterable[SightingId]) -> Neighbours:
    """What decisions depend on about sightings that are there and that nobody has decided about."""
    loading = _Loading(connection, policy)
    there = await loading.hold(set(ids))
    await loading.follow(there)
    await loading.follow_rulings({name for s in there for name in names_of(s)})
    return _neighbours(loading)


async def groupings(
    connection: Connection, asset_ids: Sequence[UUID]
) -> tuple[dict[UUID, Grouping], dict[SightingId, UUID]]:
    """Assets that no message of the batch speaks of, as the register has them, held like those that are spoken of.

    With them the own ids of their sightings.
    """
    ids = await sightings.ids_of_assets(connection, asset_ids)
    rows: dict[UUID, list[SightingRow]] = defaultdict(list)
    for row in await sightings.lock(connection, ids):
        rows[row.asset_id].append(row)
    found = {
        asset: Grouping(asset, tuple(sorted(_id(row) for row in of_it)), identity_of(map(stored.standing, of_it)))
        for asset, of_it in rows.items()
        if asset in asset_ids
    }
    return found, {_id(row): row.own_id for asset in found for row in rows[asset]}


@dataclass
class _Loading:
    """Rows on their way into memory. `ruled` are decisions, by pair of names and participant."""

    connection: Connection
    policy: Policy
    rows: dict[SightingId, SightingRow] = field(default_factory=dict)
    sightings: dict[SightingId, Sighting] = field(default_factory=dict)
    looked_up: set[Key] = field(default_factory=set)
    holders: dict[Key, set[SightingId]] = field(default_factory=dict)
    crowded: set[Key] = field(default_factory=set)
    ruled: dict[RulingKey, RulingRow] = field(default_factory=dict)

    async def hold(self, ids: set[SightingId]) -> list[Sighting]:
        """Those of these sightings that are there and were not held yet."""
        rows = await sightings.lock(self.connection, ids - self.rows.keys())
        self.rows.update((_id(row), row) for row in rows)
        held = [stored.sighting(row) for row in rows]
        self.sightings.update((s.id, s) for s in held)
        return held

    async def hold_named(self, names: set[Name]) -> list[Sighting]:
        """The sightings of some names, those of asset ids among them, that are not held yet."""
        own = {UUID(reference) for source, reference in names if source == NO_SOURCE}
        by_own = await sightings.ids_of_own(self.connection, sorted(own))
        return await self.hold({n for n in names if n[0] != NO_SOURCE} | {*by_own.values()})

    async def follow(self, start: Iterable[Sighting]) -> None:
        """Reads from keys to sightings to their keys until nothing new is found, with one step into areas.

        Places go first: of what leads on and on no more is read than shows that it does, but every home is whole.
        """
        at_first = list(start)
        # All at once what is looked up in any case.
        await self._look_up({key for s in at_first for key in s.all_keys()})
        await self._follow({key for s in at_first for key in s.places()}, Sighting.places)
        await self._follow({key for s in at_first for key in s.all_keys()}, Sighting.keys)
        await self._follow({key for s in self.sightings.values() for key in s.areas()}, Sighting.keys)

    async def _follow(self, keys: set[Key], leads_to: Callable[[Sighting], Iterable[Key]]) -> None:
        reached, looked_up, seen = Components[SightingId](), set[Key](), set[SightingId]()
        while keys:
            looked_up |= keys
            await self._look_up(keys)
            found = set[SightingId]()
            for key in (keys & self.holders.keys()) - self.crowded:
                ids = self.holders[key]
                found |= ids
                if len(ids) > 1 and key[0] != AREA:
                    reached.join(ids)
            await self.hold(found)
            new = (found & self.sightings.keys()) - seen
            seen |= new
            in_reach = [self.sightings[i] for i in new if reached.size(i) <= self.policy.reach]
            keys = {key for s in in_reach for key in leads_to(s)} - looked_up

    async def _look_up(self, keys: set[Key]) -> None:
        """Finds out who has these keys, each looked up once."""
        unknown = list(keys - self.looked_up)
        found = await sightings.holders(self.connection, unknown, max(self.policy.crowd, self.policy.estate) + 2)
        self.looked_up |= keys
        self.holders.update(found)
        self.crowded.update(key for key, ids in found.items() if len(ids) > self.policy.most(key))

    async def follow_rulings(self, names: set[Name]) -> None:
        """Reads what was decided about what is held, and whatever that leads to, until nothing new is found."""
        asked: set[Name] = set()
        while True:
            assets = {row.asset_id for row in self.rows.values()}
            await self.hold({*await sightings.ids_of_assets(self.connection, assets)})
            names |= {name for s in self.sightings.values() for name in names_of(s)}
            found = await rulings.about(self.connection, names - asked)
            asked |= names
            self.ruled.update((key_of(row), row) for row in found)
            held = await self.hold_named({name for row in found for name in sides(row)})
            if not held:
                return
            await self.follow(held)


def _neighbours(loading: _Loading) -> Neighbours:
    policy = loading.policy
    found = Neighbours(policy, Sightings(policy, loading.crowded), Decided(loading.ruled))
    for sighting_id, row in loading.rows.items():
        sighting = loading.sightings[sighting_id]
        found.sightings.put(sighting)
        found.before[sighting_id] = sighting
        found.by_own_id[sighting.own_id] = sighting_id
        found.assets[sighting_id] = row.asset_id
        found.standing[sighting_id] = stored.standing(row)
        found.members[row.asset_id].add(sighting_id)
    for together in found.members.values():
        found.sightings.joined(frozenset(together))
    found.decided.begins_with(found.before.values())
    return found


def _id(row: SightingRow) -> SightingId:
    return row.source, row.reference
