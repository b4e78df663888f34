"""What the units of one meter point come to together: the ceiling, export limits, chargepoints and heat pumps."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.forms import demand_form, export_limit, site_ceiling
from hub.rules.forms.facts import SiteGroup, group_of
from schemas.outbound import AssetState
from tests.support.forms import COMMISSIONED, an_asset, form_facts


def others(*states: AssetState) -> tuple[SiteGroup, ...]:
    return tuple(group_of(state) for state in states)


def ceiling(own: AssetState, *site: AssetState) -> list[str]:
    return [c.rule_id for c in site_ceiling.notices(form_facts(own, others=others(*site)))]


def pv(kw: str, **facts: Any) -> AssetState:
    return an_asset("SOLAR_PV", rated_capacity_kw=kw, **facts)


def battery(kw: str, **facts: Any) -> AssetState:
    return an_asset("BESS", rated_capacity_kw=kw, **facts)


@pytest.mark.parametrize(
    ("own", "site", "expected"),
    [
        (pv("3.68"), [], []),
        (pv("3.69"), [], ["G98-CEILING"]),
        (pv("11.04", phases=3), [], []),
        (pv("11.05", phases=3), [], ["G98-CEILING"]),
        (pv("5", phases=None), [], ["G98-CEILING_MAYBE"]),
        (pv("11.05", phases=None), [], ["G98-CEILING"]),
        (pv("2"), [battery("1.68")], []),
        (pv("2"), [battery("1.69")], ["G98-CEILING"]),
        (battery("1.69"), [pv("2")], ["G98-CEILING"]),
        (pv("3"), [pv("3", phases=3)], ["G98-CEILING_MAYBE"]),
        (pv("3"), [battery("3"), an_asset("HYBRID_INVERTER", rated_capacity_kw="3.6")], ["G98-CEILING_MAYBE"]),
        (an_asset("HYBRID_INVERTER", rated_capacity_kw="5"), [], ["G98-CEILING"]),
        (pv("3"), [battery("9", decommissioned_on=COMMISSIONED)], []),
        (pv("3"), [an_asset("HEAT_PUMP", rated_capacity_kw="7")], []),
        (an_asset("HEAT_PUMP", rated_capacity_kw="7"), [pv("9")], []),
        (an_asset("V2G_CHARGER", rated_capacity_kw="7"), [], ["G98-CEILING"]),
        (an_asset("V2G_CHARGER", rated_capacity_kw="7", generation_capacity_kw="3"), [], []),
        (an_asset("OTHER", rated_capacity_kw="9", other_description="x"), [], []),
        (
            an_asset("OTHER", rated_capacity_kw="9", generation_capacity_kw="5", other_description="x"),
            [],
            ["G98-CEILING"],
        ),
        (battery("5", generation_capacity_kw="3.6"), [], ["G98-CEILING"]),
        (pv("9", decommissioned_on=COMMISSIONED), [], []),
    ],
)
def test_the_ceiling_is_over_all_units_by_their_rating(
    own: AssetState, site: list[AssetState], expected: list[str]
) -> None:
    assert ceiling(own, *site) == expected


def test_every_unit_of_a_site_is_told_the_same() -> None:
    site = [pv("2"), battery("2"), battery("1")]
    found = {
        tuple(site_ceiling.notices(form_facts(own, others=others(*(s for s in site if s is not own))))) for own in site
    }
    assert len(found) == 1


units = st.builds(
    lambda category, kw, phases: SiteGroup(category, phases, Decimal(kw), Decimal(0)),
    st.sampled_from(["SOLAR_PV", "BESS", "HYBRID_INVERTER", "WIND_TURBINE", "V2G_CHARGER"]),
    st.integers(0, 50),
    st.sampled_from([None, 1, 2, 3]),
)
sites = st.lists(units, min_size=1, max_size=6)


@given(sites)
def test_the_least_is_never_above_the_most(site: list[SiteGroup]) -> None:
    found = site_ceiling.load(site)
    assert 0 <= found.least <= found.most


@given(sites.flatmap(lambda s: st.tuples(st.just(s), st.permutations(s))))
def test_the_order_of_units_does_not_matter(found: tuple[list[SiteGroup], list[SiteGroup]]) -> None:
    assert site_ceiling.load(found[0]) == site_ceiling.load(found[1])


@given(sites, units)
def test_one_more_unit_never_makes_the_most_less(site: list[SiteGroup], more: SiteGroup) -> None:
    assert site_ceiling.load([*site, more]).most >= site_ceiling.load(site).most


@given(sites)
def test_units_count_the_same_alone_and_added_up(site: list[SiteGroup]) -> None:
    groups: dict[tuple[str, int | None], Decimal] = {}
    for unit in site:
        key = (unit.category, unit.phases)
        groups[key] = groups.get(key, Decimal(0)) + unit.generating_kw
    added = [SiteGroup(category, phases, kw, Decimal(0)) for (category, phases), kw in groups.items()]
    one, other = site_ceiling.load(site), site_ceiling.load(added)
    assert (round(one.least, 9), round(one.most, 9)) == (round(other.least, 9), round(other.most, 9))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (battery("5", generation_capacity_kw="3.68"), ["G100-EXPORT_LIMIT"]),
        (battery("5", generation_capacity_kw="4"), []),
        (battery("3.6", generation_capacity_kw="3"), []),
        (battery("5"), []),
        (an_asset("HEAT_PUMP", rated_capacity_kw="9", generation_capacity_kw="0"), []),
    ],
)
def test_an_export_limit_does_not_lift_the_ceiling(own: AssetState, expected: list[str]) -> None:
    assert [c.rule_id for c in export_limit.notices(form_facts(own))] == expected


def demand(own: AssetState, *site: AssetState) -> list[str]:
    return [c.rule_id for c in demand_form.notices(form_facts(own, others=others(*site)))]


def charger(kw: str, **facts: Any) -> AssetState:
    return an_asset("EV_CHARGER", rated_capacity_kw=kw, **facts)


@pytest.mark.parametrize(
    ("own", "site", "expected"),
    [
        (charger("7.4"), [], []),
        (charger("13.8"), [], []),
        (charger("13.81"), [], ["LCT-DEMAND"]),
        (charger("22", phases=3), [], []),
        (charger("50", phases=3), [], ["LCT-DEMAND"]),
        (charger("22", phases=None), [], ["LCT-DEMAND_SITE"]),
        (charger("7.4"), [charger("7.4")], ["LCT-DEMAND_SITE"]),
        (charger("7.4"), [an_asset("HEAT_PUMP", rated_capacity_kw="7")], ["LCT-DEMAND_SITE"]),
        (charger("7.4"), [battery("9")], []),
        (battery("20"), [], []),
        (an_asset("HEAT_PUMP", rated_capacity_kw="9", demand_capacity_kw="3"), [], []),
        (an_asset("V2G_CHARGER", rated_capacity_kw="7"), [pv("10")], []),
        (an_asset("V2G_CHARGER", rated_capacity_kw="7"), [pv("10.01")], ["LCT-V2G"]),
        (an_asset("V2G_CHARGER", rated_capacity_kw="22", phases=3), [pv("28", phases=3)], []),
        (an_asset("V2G_CHARGER", rated_capacity_kw="22", phases=3), [pv("29", phases=3)], ["LCT-V2G"]),
        (charger("22", decommissioned_on=COMMISSIONED), [], []),
    ],
)
def test_what_the_form_for_chargepoints_and_heat_pumps_covers(
    own: AssetState, site: list[AssetState], expected: list[str]
) -> None:
    assert demand(own, *site) == expected
