"""The part of the register that a batch's decisions about identity depend on, and what becomes of it.

Loaded and held row by row, key by key: what is found leads to further keys, until there are no more. A sighting that
another worker adds meanwhile shares a key of the batch, for which that worker waits, or one of a row held here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules.matching.asset_id import asset_id
from hub.rules.matching.clustering import Rulings
from hub.rules.matching.identity import Grouping, identity_of
from hub.rules.matching.neighbourhood import Settled, Sightings
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import Key, Sighting, SightingId
from hub.rules.matching.standing import Standing, standings
from hub.services.registration import stored
from registry_store import sightings
from registry_store.engine import Connection
from schemas.records import RulingRow, SightingRow

SAME, APART = "same", "apart"

Moved = tuple[SightingId, UUID]
"""A sighting and the asset that it now is of."""


@dataclass
class Neighbours:
    """Sightings with their assets and standings, as they are and as they become message by message."""

    policy: Policy
    sightings: Sightings
    rulings: Rulings
    assets: dict[SightingId, UUID] = field(default_factory=dict)
    standing: dict[SightingId, Standing] = field(default_factory=dict)
    members: dict[UUID, set[SightingId]] = field(default_factory=lambda: defaultdict(set))
    before: dict[SightingId, Sighting] = field(default_factory=dict)
    changed: set[SightingId] = field(default_factory=set)

    def place(self, sighting: Sighting) -> tuple[tuple[Grouping, ...], tuple[Moved, ...]]:
        """Takes a sighting in, and gives every asset that this makes another, its own the first, and who moved."""
        if self.sightings.get(sighting.id) == sighting:
            return (self.grouping(self.assets[sighting.id]),), ()
        self.changed.add(sighting.id)
        affected, moved = self._settle(self.sightings.settle(self.sightings.put(sighting), self.rulings))
        own = self.assets[sighting.id]
        return tuple(self.grouping(a) for a in (own, *sorted(affected - {own}))), moved

    def settle_anew(self, ids: Sequence[SightingId]) -> tuple[tuple[Grouping, ...], tuple[Moved, ...]]:
        """Decides about sightings that are here and that nobody has decided about.

        Gives every asset that they are of or that this makes another, and who moved.
        """
        self.changed |= set(ids)
        affected, moved = {self.assets[i] for i in ids}, list[Moved]()
        for sighting_id in ids:
            others, went = self._settle(self.sightings.settle([sighting_id], self.rulings))
            affected |= others
            moved += went
        return tuple(self.grouping(a) for a in sorted(affected)), tuple(moved)

    def device(self, sighting_id: SightingId) -> dict[SightingId, Standing]:
        """The standings of all sightings of one's asset."""
        return {i: self.standing[i] for i in sorted(self.members[self.assets[sighting_id]])}

    def _settle(self, settled: Settled) -> tuple[set[UUID], tuple[Moved, ...]]:
        """The assets that have other sightings or another standing than before, and the sightings that moved."""
        affected: set[UUID] = set()
        moved: list[Moved] = []
        for cluster in settled.clusters:
            now = asset_id(cluster.members)
            for sighting_id in sorted(cluster.ids):
                before = self.assets.get(sighting_id)
                if before != now:
                    affected |= {now} if before is None else {before, now}
                    # The asset that had its id may be gone already, and leads to where it is now.
                    affected.add(self.sightings[sighting_id].own_id)
                    moved.append((sighting_id, now))
                    self._move(sighting_id, before, now)
        for sighting_id, found in standings(settled, self.assets).items():
            if self.standing.get(sighting_id) != found:
                self.standing[sighting_id] = found
                self.changed.add(sighting_id)
                affected.add(self.assets[sighting_id])
        self.changed |= {sighting_id for sighting_id, _ in moved}
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
        return next((self.assets[i] for i in self.assets if self._own(i) == asset), None)

    def own_ids(self, ids: Iterable[SightingId]) -> dict[SightingId, UUID]:
        """The id that each sighting's asset would have if nobody else told of it."""
        return {i: own for i in ids if (own := self._own(i)) is not None}

    def _own(self, sighting_id: SightingId) -> UUID | None:
        found = self.sightings.get(sighting_id)
        return found.own_id if found else None


async def load(
    connection: Connection, policy: Policy, ids: Iterable[SightingId], told: Sequence[Sighting]
) -> Neighbours:
    """What decisions depend on: `ids` are the references of a batch, `told` the sightings that it makes of them."""
    rows = {_id(row): row for row in await sightings.lock(connection, ids)}
    known = {sighting_id: stored.sighting(row) for sighting_id, row in rows.items()}
    # What is told again without a difference leads nowhere new; of its asset the other sightings are wanted.
    new = [s for s in told if known.get(s.id) != s]
    changed = [*new, *(known[s.id] for s in new if s.id in known)]
    return await _around(connection, policy, changed, rows)


async def load_undecided(connection: Connection, policy: Policy, ids: Iterable[SightingId]) -> Neighbours:
    """What decisions depend on about sightings that are there and that nobody has decided about."""
    rows = {_id(row): row for row in await sightings.lock(connection, ids)}
    return await _around(connection, policy, [stored.sighting(row) for row in rows.values()], rows)


async def _around(
    connection: Connection, policy: Policy, changed: Iterable[Sighting], rows: dict[SightingId, SightingRow]
) -> Neighbours:
    crowded: set[Key] = set()
    start = {key for s in changed for key in (*s.keys(), *s.areas())}
    await _follow(connection, policy, start, rows, crowded, areas=True)
    same_asset = await sightings.of_assets(connection, sorted({row.asset_id for row in rows.values()}))
    await _hold(connection, {_id(row) for row in same_asset} - rows.keys(), rows)
    ruled = await sightings.rulings(connection, sorted(rows))
    partners = {i for r in ruled if r.verdict == SAME for i in _pair(r)} - rows.keys()
    if partners:
        held = await _hold(connection, partners, rows)
        keys = {key for row in held for key in stored.sighting(row).keys()}  # noqa: SIM118 - a method
        await _follow(connection, policy, keys, rows, crowded, areas=False)
    return _neighbours(policy, rows.values(), crowded, _rulings(ruled))


async def groupings(
    connection: Connection, asset_ids: Sequence[UUID]
) -> tuple[dict[UUID, Grouping], dict[SightingId, UUID]]:
    """Assets that no message of the batch speaks of, as the register has them, held like those that are spoken of.

    With them the own ids of their sightings.
    """
    ids = [_id(row) for row in await sightings.of_assets(connection, asset_ids)]
    rows: dict[UUID, list[SightingRow]] = defaultdict(list)
    for row in await sightings.lock(connection, ids):
        rows[row.asset_id].append(row)
    found = {
        asset: Grouping(asset, tuple(sorted(_id(row) for row in of_it)), identity_of(map(stored.standing, of_it)))
        for asset, of_it in rows.items()
        if asset in asset_ids
    }
    return found, {_id(row): row.own_id for asset in found for row in rows[asset]}


async def _follow(
    connection: Connection,
    policy: Policy,
    start: set[Key],
    rows: dict[SightingId, SightingRow],
    crowded: set[Key],
    *,
    areas: bool,
) -> None:
    """Reads from keys to sightings to their keys until nothing new is found; one step into areas, if at all."""
    seen: set[Key] = set()
    keys = start
    while keys:
        seen |= keys
        found: dict[Key, set[SightingId]] = defaultdict(set)
        for row in await sightings.holders(connection, sorted(keys), max(policy.crowd, policy.estate) + 2):
            found[(row.scheme, row.issuer, row.value)].add((row.source, row.reference))
        crowded |= {key for key, ids in found.items() if len(ids) > policy.most(key)}
        ids = {i for key, holders in found.items() if key not in crowded for i in holders}
        held = [stored.sighting(row) for row in await _hold(connection, ids - rows.keys(), rows)]
        keys = {key for s in held for key in s.keys()} - seen  # noqa: SIM118 - a method
        if not keys and areas:
            areas = False
            keys = {key for row in rows.values() for key in stored.sighting(row).areas()} - seen


async def _hold(connection: Connection, ids: set[SightingId], rows: dict[SightingId, SightingRow]) -> list[SightingRow]:
    held = await sightings.lock(connection, ids)
    rows.update((_id(row), row) for row in held)
    return held


def _neighbours(policy: Policy, rows: Iterable[SightingRow], crowded: set[Key], rulings: Rulings) -> Neighbours:
    found = Neighbours(policy, Sightings(policy, crowded), rulings)
    for row in rows:
        sighting = stored.sighting(row)
        found.sightings.put(sighting)
        found.before[sighting.id] = sighting
        found.assets[sighting.id] = row.asset_id
        found.standing[sighting.id] = stored.standing(row)
        found.members[row.asset_id].add(sighting.id)
    return found


def _rulings(rows: Iterable[RulingRow]) -> Rulings:
    by_verdict: dict[str, set[frozenset[SightingId]]] = defaultdict(set)
    for row in rows:
        by_verdict[row.verdict].add(frozenset(_pair(row)))
    return Rulings(frozenset(by_verdict[SAME]), frozenset(by_verdict[APART]))


def _pair(row: RulingRow) -> tuple[SightingId, SightingId]:
    return (row.source_a, row.reference_a), (row.source_b, row.reference_b)


def _id(row: SightingRow) -> SightingId:
    return row.source, row.reference
