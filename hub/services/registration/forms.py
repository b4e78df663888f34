"""Stage: connection forms. What stands beside the assets of a batch, what that asks for, and what is due by when.

It comes after the assets are composed and before they are written: an asset's neighbours follow from where it stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import islice
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
MOST_IN_BATCH = 100
"""Units of one meter point in one batch that are added up for each of them; the ceilings are passed by far fewer."""


@dataclass(frozen=True)
class Subject:
    """A composed asset with everything that was heard of it."""

    state: AssetState
    heard: tuple[Heard, ...]

    @cached_property
    def group(self) -> SiteGroup:
        return group_of(self.state)

    @cached_property
    def installer(self) -> str | None:
        return hearing.installer(self.heard)

    @property
    def spot(self) -> Spot:
        return Spot(self.state.place.uprn, self.state.place.postcode)


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
    subjects: Sequence[Subject], beside: Neighbours, measure: DistanceSource = distance.between
) -> dict[UUID, FormFacts]:
    """The facts of each asset of a batch: its neighbours in the register, and those that are in the batch with it."""
    # The largest first, and no more than the store would read, so that an estate in one batch stays quick.
    largest = sorted(subjects, key=lambda s: max(s.group.generating_kw, s.group.demand_kw), reverse=True)
    at_meter_point, by_installer = _grouped(largest, _meter_points), _grouped(subjects, _area_of_work)
    found = {}
    for subject in subjects:
        asset_id = subject.state.asset_id
        at_site = [s.group for s in islice(_others(subject, at_meter_point, _meter_points), MOST_IN_BATCH)]
        elsewhere = (s for s in _others(subject, by_installer, _area_of_work) if _is_work(subject, s))
        works = [_work_near(subject, s, measure) for s in islice(elsewhere, 2 * neighbours.MOST_WORKS)]
        found[asset_id] = hearing.facts(
            subject.state,
            subject.heard,
            (*beside.groups.get(asset_id, ()), *at_site),
            (*beside.works.get(asset_id, ()), *(work for work in works if work is not None)),
        )
    return found


def _meter_points(subject: Subject) -> Iterable[tuple[str, ...]]:
    place = subject.state.place
    numbers = (("import", place.import_mpan), ("export", place.export_mpan))
    return [(direction, number) for direction, number in numbers if number is not None]


def _area_of_work(subject: Subject) -> Iterable[tuple[str, ...]]:
    """By postcode before the wider area, as the store reads them: what is nearer for certain comes first."""
    installer, postcode = subject.installer, subject.state.place.postcode
    if installer is None or postcode is None:
        return []
    return [(installer, "postcode", postcode), (installer, "area", distance.area(postcode))]


Keys = Callable[[Subject], Iterable[tuple[str, ...]]]


def _grouped(subjects: Sequence[Subject], keys: Keys) -> Mapping[tuple[str, ...], list[Subject]]:
    groups: dict[tuple[str, ...], list[Subject]] = {}
    for subject in subjects:
        for key in keys(subject):
            groups.setdefault(key, []).append(subject)
    return groups


def _others(subject: Subject, groups: Mapping[tuple[str, ...], list[Subject]], keys: Keys) -> Iterator[Subject]:
    """Those that share a key with it, each once, without itself."""
    seen = {subject.state.asset_id}
    for key in keys(subject):
        for other in groups[key]:
            if other.state.asset_id not in seen:
                seen.add(other.state.asset_id)
                yield other


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
    if installer is None or day is None or place.postcode is None or subject.group.generating_kw == ZERO:
        return None
    return Work(
        state.asset_id,
        installer,
        day,
        _window(day),
        place.postcode,
        distance.area(place.postcode),
        place.import_mpan,
        place.export_mpan,
        place.uprn,
    )


def _window(day: date) -> int:
    return int(reference.number("cluster_window", day))


def _is_work(subject: Subject, other: Subject) -> bool:
    """Whether it is generation that the same installer put in at other premises, at about the same time."""
    day, there = subject.state.commissioning_date, other.state.commissioning_date
    if day is None or there is None or other.group.generating_kw == ZERO:
        return False
    return abs((there - day).days) <= _window(day) and _elsewhere(subject, other)


def _work_near(subject: Subject, other: Subject, measure: DistanceSource) -> NearbyWork | None:
    how, day = measure(subject.spot, other.spot), other.state.commissioning_date
    return NearbyWork(day, how) if how is not None and day is not None else None


def _elsewhere(one: Subject, other: Subject) -> bool:
    """Premises are others where both have a meter point or a property, and these differ; as the store has it."""
    if set(_meter_points(one)) & set(_meter_points(other)):
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
