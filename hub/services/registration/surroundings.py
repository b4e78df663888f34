"""What stands around the assets of a batch, as it is in the register and as it becomes message by message.

An asset's notices speak of its neighbours, too: of the other units at its meter point, of other works of its installer.
So whenever a unit changes, those around it are to be looked at again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from uuid import UUID

from hub.rules.forms import cluster, distance
from hub.rules.forms.distance import DistanceSource, Spot
from hub.rules.forms.facts import ALONE, Beside, NearbyWork
from hub.services.registration.unit import Key, Unit, group, is_seen, site_keys, work_keys, work_of
from registry_store import neighbours
from registry_store.engine import Connection
from registry_store.neighbours import Work

_OF_SITE = attrgetter("import_mpan", "export_mpan", "category", "phases", "generating_watts", "demand_watts")
_OF_WORK = attrgetter(
    "import_mpan", "export_mpan", "uprn", "postcode", "generating_watts", "installer", "commissioned_on"
)


@dataclass
class Surroundings:
    """Units by asset and by what neighbours share; `stored` are those that the register has.

    `unsettled` are assets that have other neighbours than when they were composed, each with the claim behind that;
    `causes` the claims by which units became what they are. `measure` may be any better source of distances.
    """

    measure: DistanceSource = distance.between
    units: dict[UUID, Unit] = field(default_factory=dict)
    stored: dict[UUID, Unit] = field(default_factory=dict)
    unsettled: dict[UUID, UUID] = field(default_factory=dict)
    causes: dict[UUID, UUID] = field(default_factory=dict)
    _by_key: dict[Key, dict[UUID, None]] = field(default_factory=lambda: defaultdict(dict))

    async def look(self, connection: Connection, units: Sequence[Unit]) -> None:
        """Three statements for all of them: how they are kept, who shares their meter points, which works are near."""
        kept = await neighbours.of_assets(connection, {u.asset_id for u in units} - self.stored.keys())
        places = [*units, *kept]
        imports = {u.import_mpan for u in places if u.import_mpan is not None}
        exports = {u.export_mpan for u in places if u.export_mpan is not None}
        rows = [*kept, *await neighbours.at_meter_points(connection, imports, exports)]
        rows += await neighbours.works(connection, [work for u in places if (work := work_of(u)) is not None])
        for row in rows:
            self.stored.setdefault(row.asset_id, row)
            if row.asset_id not in self.units:
                self._index(row)

    def beside(self, unit: Unit) -> Beside:
        """What stands beside a unit. Of very many at its meter point the largest count."""
        site, colleagues = self._sharing(unit, site_keys), self._sharing(unit, work_keys)
        if not site and not colleagues:
            return ALONE
        largest = sorted(site, key=lambda u: (-u.largest_watts, u.asset_id))
        near = (self._near(unit, other) for other in colleagues if is_seen(other, unit))
        works = islice((work for work in near if work is not None), 2 * neighbours.MOST_WORKS)
        return Beside(tuple([group(u) for u in largest[: neighbours.MOST_UNITS]]), tuple(works))

    def put(self, unit: Unit, cause: UUID) -> None:
        """A unit as it has become by a claim. Its own notices are settled with that, those around it may not be."""
        before = self.units.get(unit.asset_id)
        if before == unit:
            self.unsettled.pop(unit.asset_id, None)
            return
        for concerned in [*self._concerned(before, unit)]:
            self.unsettled[concerned] = cause
        self.unsettled.pop(unit.asset_id, None)
        self.causes[unit.asset_id] = cause
        self._index(unit)

    def works_changed(self) -> list[Work]:
        """The works that this batch brings or changes, as they are and as they were."""
        return [work for unit in self._works_changed() if (work := work_of(unit)) is not None]

    async def look_once_more(self, connection: Connection) -> None:
        """Takes in which works became others near by while this batch was decided about.

        Whoever wrote them did not see what this batch brings, nor was it seen here: both are to be looked at again.
        """
        rows = await neighbours.works(connection, self.works_changed())
        beside = {asset_id for unit in self._works_changed() for asset_id in self._ids_sharing(unit, work_keys)}
        rows += await neighbours.of_assets(connection, beside - self.causes.keys() - {row.asset_id for row in rows})
        for row in rows:
            if row.asset_id not in self.causes and self.stored.get(row.asset_id) != row:
                self._meet(row)

    def _works_changed(self) -> Iterator[Unit]:
        # Of one that stays as it was nobody else can have changed the neighbours: they would need it, and wait.
        for asset_id in self.causes:
            before, now = self.stored.get(asset_id), self.units[asset_id]
            if _differ(before, now, _OF_WORK):
                yield from (unit for unit in (before, now) if unit is not None)

    def _meet(self, late: Unit) -> None:
        """A unit of the register that is another than it was when it was looked at."""
        before = self.units.get(late.asset_id)
        near = {asset_id: None for u in (before, late) for asset_id in self._ids_sharing(u, work_keys)}
        self.stored[late.asset_id] = late
        self._index(late)
        for asset_id in near.keys() & self.causes.keys():
            mine, cause = self.units[asset_id], self.causes[asset_id]
            if asset_id in self._concerned(before, late):
                self.unsettled[asset_id] = cause
            if late.asset_id in self._concerned(self.stored.get(asset_id), mine):
                self.unsettled[late.asset_id] = cause

    def changed(self) -> list[Unit]:
        """Units that are others than the register has them."""
        return [unit for asset_id, unit in sorted(self.units.items()) if self.stored.get(asset_id) != unit]

    def _index(self, unit: Unit) -> None:
        before = self.units.get(unit.asset_id)
        if before is not None:
            for key in (*site_keys(before), *work_keys(before)):
                del self._by_key[key][unit.asset_id]
        self.units[unit.asset_id] = unit
        for key in (*site_keys(unit), *work_keys(unit)):
            self._by_key[key][unit.asset_id] = None

    def _concerned(self, before: Unit | None, now: Unit) -> Iterator[UUID]:
        """Those whose notices a change of a unit may change."""
        if _differ(before, now, _OF_SITE):
            yield from (other.asset_id for unit in (before, now) for other in self._sharing(unit, site_keys))
        if _differ(before, now, _OF_WORK):
            # A work less brings no notice, and a work more takes none away.
            lost = (o for o in self._sharing(before, work_keys) if before and o.notices and is_seen(before, o))
            won = (o for o in self._sharing(now, work_keys) if cluster.CERTAIN not in o.notices and is_seen(now, o))
            yield from (other.asset_id for others in (lost, won) for other in others)

    def _sharing(self, unit: Unit | None, keys: Callable[[Unit], Iterable[Key]]) -> list[Unit]:
        """Those that share a key with a unit, each once, without itself."""
        return [self.units[asset_id] for asset_id in self._ids_sharing(unit, keys)]

    def _ids_sharing(self, unit: Unit | None, keys: Callable[[Unit], Iterable[Key]]) -> list[UUID]:
        if unit is None:
            return []
        found: dict[UUID, None] = {}
        for key in keys(unit):
            found |= self._by_key.get(key, {})
        found.pop(unit.asset_id, None)
        return list(found)

    def _near(self, unit: Unit, other: Unit) -> NearbyWork | None:
        how, day = self.measure(_spot(unit), _spot(other)), other.commissioned_on
        return NearbyWork(day, how) if how is not None and day is not None else None


def _spot(unit: Unit) -> Spot:
    return Spot(unit.uprn, unit.postcode)


def _differ(before: Unit | None, now: Unit, facts: Callable[[Unit], object]) -> bool:
    return before is None or facts(before) != facts(now)
