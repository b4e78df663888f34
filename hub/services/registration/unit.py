"""An asset as its neighbours see it, and what makes two of them neighbours."""

from decimal import Decimal

from hub.rules.account import Account
from hub.rules.forms import cluster, distance, hearing
from hub.rules.forms.facts import SiteGroup, group_of
from registry_store.neighbours import Work
from schemas.made import made
from schemas.outbound import AssetState
from schemas.records.assets import ConnectionUnitRow
from schemas.reference import connection as reference

WATTS = Decimal(1000)
Unit = ConnectionUnitRow
Key = tuple[str, ...]


def of(said: Account) -> Unit:
    """An asset as its neighbours find it, before it is known which notices it has."""
    return _unit(said.state, hearing.installer(said.claims))


def with_notices(unit: Unit, state: AssetState) -> Unit:
    """The same with those of its notices that are about works at other premises."""
    rules = {concern.rule_id for concern in state.concerns} & {cluster.CERTAIN, cluster.PERHAPS}
    if not rules and not unit.notices:
        return unit
    return unit.model_copy(update={"notices": tuple(sorted(rules))})


def nowhere(state: AssetState) -> Unit:
    """An asset that has turned out to be another one: nothing finds it."""
    return _unit(state, None)


def _unit(state: AssetState, installer: str | None) -> Unit:
    group, place = group_of(state), state.place
    stands = state.decommissioned_on is None and state.merged_into is None
    generating, demand = int(group.generating_kw * WATTS), int(group.demand_kw * WATTS)
    # Without meter point and property nobody can say that it stands at other premises than the next work.
    told_apart = stands and bool(place.import_mpan or place.export_mpan or place.uprn)
    return made(
        Unit,
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
        installer=installer if told_apart else None,
        commissioned_on=state.commissioning_date if stands else None,
        notices=(),
    )


def group(unit: Unit) -> SiteGroup:
    """A unit among those of its meter point."""
    return SiteGroup(
        unit.category, unit.phases, Decimal(unit.generating_watts) / WATTS, Decimal(unit.demand_watts) / WATTS
    )


def site_keys(unit: Unit) -> tuple[Key, ...]:
    """What it shares with the other units of its site."""
    imported, exported = unit.import_mpan, unit.export_mpan
    if exported is None:
        return (("import", imported),) if imported is not None else ()
    return (("import", imported), ("export", exported)) if imported is not None else (("export", exported),)


def work_keys(unit: Unit) -> tuple[Key, ...]:
    """What it shares with works of its installer near by, as far as it is one: the nearest first."""
    installer, postcode, area = unit.installer, unit.postcode, unit.postcode_area
    if installer is None or postcode is None or area is None or not _is_work(unit):
        return ()
    return (installer, "postcode", postcode), (installer, "area", area)


def work_of(unit: Unit) -> Work | None:
    """What to look for near a unit that generates; nothing where date, installer or postcode is not known."""
    installer, day, postcode, area = unit.installer, unit.commissioned_on, unit.postcode, unit.postcode_area
    if not _is_work(unit) or installer is None or day is None or postcode is None or area is None:
        return None
    places = (unit.import_mpan, unit.export_mpan, unit.uprn)
    return Work(unit.asset_id, installer, day, _window(unit), postcode, area, *places)


def _is_work(unit: Unit) -> bool:
    return unit.generating_watts > 0 and unit.installer is not None and unit.commissioned_on is not None


def is_seen(seen: Unit, unit: Unit) -> bool:
    """Whether of two works of one installer the first is to the other one at other premises, at about the same time."""
    day, there = unit.commissioned_on, seen.commissioned_on
    return day is not None and there is not None and abs((there - day).days) <= _window(unit) and _elsewhere(seen, unit)


def _window(unit: Unit) -> int:
    return int(reference.number("cluster_window", unit.commissioned_on)) if unit.commissioned_on else 0


def _elsewhere(one: Unit, other: Unit) -> bool:
    """Premises are others where both have a meter point or a property, and these differ; as the store has it."""
    if set(site_keys(one)) & set(site_keys(other)):
        return False
    for name in ("import_mpan", "export_mpan", "uprn"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is not None and theirs is not None:
            return bool(mine != theirs)
    return False
