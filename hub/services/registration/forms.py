"""Stage: connection forms. What stands beside the assets of a batch, what that asks for, and what is due by when.

It comes after the assets are composed and before they are written: an asset's neighbours follow from where it stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from hub.rules import market_registration
from hub.rules.claims import Claim
from hub.rules.forms import clocks, distance, hearing, notices
from hub.rules.forms.clocks import DueClock
from hub.rules.forms.distance import DistanceSource, Spot
from hub.rules.forms.facts import ZERO, FormFacts, NearbyWork, SiteGroup, group_of
from hub.rules.forms.hearing import Heard
from registry_store import due_clocks, neighbours
from registry_store.engine import Connection
from registry_store.neighbours import Site, Work
from schemas.outbound import AssetState, Concern
from schemas.records import ConnectionUnitRow, DueClockRow
from schemas.reference import connection as reference

WATTS = Decimal(1000)


@dataclass(frozen=True)
class Subject:
    """A composed asset with everything that was heard of it."""

    state: AssetState
    heard: tuple[Heard, ...]

    @property
    def installer(self) -> str | None:
        return hearing.installer(self.heard)

    @property
    def spot(self) -> Spot:
        return Spot(self.state.place.uprn, self.state.place.postcode)

    def shares_meter_point(self, other: "Subject") -> bool:
        one, two = self.state.place, other.state.place
        pairs = ((one.import_mpan, two.import_mpan), (one.export_mpan, two.export_mpan))
        return any(number is not None and number == another for number, another in pairs)


@dataclass(frozen=True)
class Neighbours:
    """What the register has beside each asset of a batch, without the batch's own assets."""

    groups: Mapping[UUID, tuple[SiteGroup, ...]]
    works: Mapping[UUID, tuple[NearbyWork, ...]]


async def load(
    connection: Connection, subjects: Sequence[Subject], measure: DistanceSource = distance.between
) -> Neighbours:
    """Two statements for the whole batch. `measure` may be any better source of distances."""
    own = [s.state.asset_id for s in subjects]
    by_id = {s.state.asset_id: s for s in subjects}
    groups: dict[UUID, list[SiteGroup]] = {}
    for found in await neighbours.sums(connection, [_site(s) for s in subjects], own):
        kw = (Decimal(found.generating_watts) / WATTS, Decimal(found.demand_watts) / WATTS)
        groups.setdefault(found.asset_id, []).append(SiteGroup(found.category, found.phases, *kw, found.units))
    works: dict[UUID, list[NearbyWork]] = {}
    wanted = [work for s in subjects if (work := _work(s)) is not None]
    for near in await neighbours.works(connection, wanted, own):
        how = measure(by_id[near.asset_id].spot, Spot(near.uprn, near.postcode))
        if how is not None:
            works.setdefault(near.asset_id, []).append(NearbyWork(near.commissioned_on, how))
    return Neighbours(
        {asset_id: tuple(found) for asset_id, found in groups.items()},
        {asset_id: tuple(found) for asset_id, found in works.items()},
    )


def facts(
    subject: Subject, beside: Neighbours, batch: Iterable[Subject], measure: DistanceSource = distance.between
) -> FormFacts:
    """The facts of one asset: its neighbours in the register, and those that are in the batch with it."""
    others = [s for s in batch if s.state.asset_id != subject.state.asset_id]
    at_site = tuple(group_of(s.state) for s in others if subject.shares_meter_point(s))
    near = tuple(work for s in others if (work := _works_near(subject, s, measure)) is not None)
    asset_id = subject.state.asset_id
    return hearing.facts(
        subject.state,
        subject.heard,
        (*beside.groups.get(asset_id, ()), *at_site),
        (*beside.works.get(asset_id, ()), *near),
    )


def concerns(found: FormFacts) -> tuple[Concern, ...]:
    """The notices of one asset, for its concerns."""
    return notices.about(found)


async def write(connection: Connection, subjects: Sequence[Subject], found: Mapping[UUID, FormFacts]) -> None:
    """Keeps the units as neighbours see them, and the clocks of every reference of these assets."""
    await neighbours.put(connection, [unit_row(s.state, s.installer) for s in subjects])
    references = {h.claim.reference for s in subjects for h in s.heard}
    rows = [row for s in subjects for row in _clock_rows(s, found[s.state.asset_id])]
    await due_clocks.replace(connection, sorted(references), rows)


def unit_row(state: AssetState, installer: str | None) -> ConnectionUnitRow:
    """An asset as its neighbours find it; one that is removed has no place and is nobody's work."""
    group, place, stands = group_of(state), state.place, state.decommissioned_on is None
    generating, demand = int(group.generating_kw * WATTS), int(group.demand_kw * WATTS)
    return ConnectionUnitRow(
        asset_id=state.asset_id,
        import_mpan=place.import_mpan if stands else None,
        export_mpan=place.export_mpan if stands else None,
        uprn=place.uprn if stands else None,
        postcode=place.postcode if stands else None,
        postcode_area=distance.area(place.postcode) if stands and place.postcode else None,
        category=group.category,
        phases=group.phases,
        generating_watts=generating,
        demand_watts=demand,
        largest_watts=max(generating, demand),
        installer=installer if stands else None,
        commissioned_on=state.commissioning_date if stands else None,
    )


def _site(subject: Subject) -> Site:
    place = subject.state.place
    return Site(subject.state.asset_id, place.import_mpan, place.export_mpan)


def _work(subject: Subject) -> Work | None:
    """What to look for near an asset that generates; nothing where date, installer or postcode is not known."""
    state, place, installer = subject.state, subject.state.place, subject.installer
    day = state.commissioning_date
    if installer is None or day is None or place.postcode is None or group_of(state).generating_kw == ZERO:
        return None
    return Work(
        state.asset_id,
        installer,
        day,
        int(reference.number("cluster_window", day)),
        place.postcode,
        distance.area(place.postcode),
        place.import_mpan,
        place.export_mpan,
        place.uprn,
    )


def _works_near(subject: Subject, other: Subject, measure: DistanceSource) -> NearbyWork | None:
    day = other.state.commissioning_date
    if day is None or subject.installer is None or subject.installer != other.installer:
        return None
    if group_of(other.state).generating_kw == ZERO or not _elsewhere(subject, other):
        return None
    how = measure(subject.spot, other.spot)
    return NearbyWork(day, how) if how is not None else None


def _elsewhere(one: Subject, other: Subject) -> bool:
    """Premises are others where both have a meter point or a property, and these differ; as the store has it."""
    if one.shares_meter_point(other):
        return False
    here, there = one.state.place, other.state.place
    for name in ("import_mpan", "export_mpan", "uprn"):
        mine, theirs = getattr(here, name), getattr(there, name)
        if mine is not None and theirs is not None:
            return bool(mine != theirs)
    return False


def _clock_rows(subject: Subject, found: FormFacts) -> Iterable[DueClockRow]:
    """Clocks of the asset hang on the first of its references; the end of a registration on its own."""
    by_reference: dict[tuple[str, str], list[Claim]] = {}
    for h in subject.heard:
        by_reference.setdefault(h.claim.reference, []).append(h.claim)
    for clock in clocks.running(found):
        yield _clock_row(min(by_reference), clock)
    for name, claims in by_reference.items():
        registration = market_registration.of(claims)
        if registration is not None and (clock_or_none := clocks.of_registration(registration)) is not None:
            yield _clock_row(name, clock_or_none)


def _clock_row(name: tuple[str, str], clock: DueClock) -> DueClockRow:
    source, sender_asset_ref = name
    return DueClockRow(
        source=source,
        sender_asset_ref=sender_asset_ref,
        kind=clock.kind,
        due_on=clock.due_on,
        due_at=clock.due_at,
        fired_at=None,
    )
