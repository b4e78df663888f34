"""How a place is fed on a day: re-feeding, gaps, contradictions, and the DNO around an independent network."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.meter_point import KnownMeterPoint, SuppliedLocation, operators_for, resolve
from hub.rules.network import LEVELS, NetworkLink, chain
from schemas.vocabulary import MpanResolution as Outcome
from schemas.vocabulary import NetworkLevel as Level
from tests.support.premises import an_mpan

MPAN = an_mpan("25", 1)
BEGAN, REFED = date(2020, 1, 1), date(2026, 6, 1)


def link(below: tuple[str, str], level: str, site: str, since: date = BEGAN, until: date | None = None) -> NetworkLink:
    return NetworkLink(*below, level, site, f"{site} by name", since, until, "a DNO's table")


FEET = (Level.METER_POINT, MPAN)
UP = (
    link(FEET, Level.LV_FEEDER, "F1"),
    link((Level.LV_FEEDER, "F1"), Level.SECONDARY_SUBSTATION, "S1"),
    link((Level.SECONDARY_SUBSTATION, "S1"), Level.PRIMARY_SUBSTATION, "P1"),
    link((Level.PRIMARY_SUBSTATION, "P1"), Level.BULK_SUPPLY_POINT, "B1"),
    link((Level.BULK_SUPPLY_POINT, "B1"), Level.GRID_SUPPLY_POINT, "G1"),
    link((Level.GRID_SUPPLY_POINT, "G1"), Level.GSP_GROUP, "_A"),
)
REFEEDING = link((Level.SECONDARY_SUBSTATION, "S1"), Level.PRIMARY_SUBSTATION, "P2", REFED)
BEYOND = (
    link((Level.PRIMARY_SUBSTATION, "P2"), Level.GRID_SUPPLY_POINT, "G2"),
    link((Level.GRID_SUPPLY_POINT, "G2"), Level.GSP_GROUP, "_A"),
)


def test_the_whole_chain_is_followed_and_each_site_keeps_its_name() -> None:
    found = chain(UP, MPAN, None, REFED)
    sites = (
        found.lv_feeder,
        found.secondary_substation,
        found.primary_substation,
        found.bulk_supply_point,
        found.grid_supply_point,
        found.gsp_group,
    )
    assert [site.location_id for site in sites if site] == ["F1", "S1", "P1", "B1", "G1", "_A"]
    assert found.primary_substation is not None
    assert found.primary_substation.label == "P1 by name"
    assert (found.basis, found.as_of, found.unclear) == (Level.METER_POINT, REFED, ())


@pytest.mark.parametrize(
    ("day", "primary", "bulk", "grid"),
    [(REFED - timedelta(days=1), "P1", "B1", "G1"), (REFED, "P2", None, "G2")],
    ids=["the day before", "the day of re-feeding"],
)
def test_a_refed_network_is_told_as_of_the_day(day: date, primary: str, bulk: str | None, grid: str) -> None:
    found = chain((*UP, REFEEDING, *BEYOND), MPAN, None, day)
    shown = [s.location_id if s else None for s in (found.primary_substation, found.bulk_supply_point)]
    assert shown == [primary, bulk]
    assert found.grid_supply_point is not None
    assert found.grid_supply_point.location_id == grid


def test_a_link_holds_from_its_first_day_up_to_its_last_but_not_on_it() -> None:
    ended = (replace(UP[0], valid_to=REFED),)
    assert chain(ended, MPAN, None, BEGAN - timedelta(days=1)).lv_feeder is None
    assert chain(ended, MPAN, None, BEGAN).lv_feeder is not None
    assert chain(ended, MPAN, None, REFED).lv_feeder is None


def test_two_ways_up_that_differ_leave_the_level_open() -> None:
    shortcut = link(FEET, Level.PRIMARY_SUBSTATION, "P9")
    found = chain((*UP, shortcut), MPAN, None, REFED)
    assert found.primary_substation is None
    assert found.unclear == (Level.PRIMARY_SUBSTATION,)
    assert found.secondary_substation is not None


def test_a_postcode_stands_in_only_where_nothing_is_known_of_the_meter_point() -> None:
    street = link((Level.POSTCODE, "CB1 2AB"), Level.PRIMARY_SUBSTATION, "P7")
    near = chain((street, *UP), None, "CB1 2AB", REFED)
    assert near.primary_substation is not None
    assert (near.primary_substation.location_id, near.basis) == ("P7", Level.POSTCODE)
    own = chain((street, *UP), MPAN, "CB1 2AB", REFED)
    assert own.primary_substation is not None
    assert (own.primary_substation.location_id, own.basis) == ("P1", Level.METER_POINT)


links = st.builds(
    link,
    st.tuples(st.sampled_from(LEVELS), st.sampled_from(["a", "b"])),
    st.sampled_from(LEVELS[2:]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([BEGAN, REFED]),
    st.sampled_from([None, REFED]),
)


@given(st.lists(links, max_size=30), st.randoms())
def test_the_order_of_links_does_not_matter_and_rings_come_to_an_end(found: list[NetworkLink], dice: object) -> None:
    turned = sorted(found, key=lambda _: dice.random())  # type: ignore[attr-defined]
    assert chain(found, "a", None, REFED) == chain(turned, "a", None, REFED)


@given(st.lists(links, max_size=30))
def test_every_site_of_a_chain_is_stated_for_that_day(found: list[NetworkLink]) -> None:
    made = chain(found, "a", "b", REFED)
    stated = {(k.level, k.location_id) for k in found if k.holds(REFED)}
    for level in LEVELS[2:]:
        site = getattr(made, level)
        assert site is None or (level, site.location_id) in stated


INDEPENDENT = KnownMeterPoint(mpan=MPAN, direction="import", postcode="CB1 2AB", distributor_id="25")


class TestTheDnoAroundAnIndependentNetwork:
    def told(self, links_known: tuple[NetworkLink, ...], postcode: str = "CB1 2AB") -> set[tuple[str, str]]:
        supplied = SuppliedLocation(import_mpan=MPAN, postcode=postcode)
        resolution = resolve(supplied, [INDEPENDENT], "demand", REFED, links_known, REFED)
        assert resolution.outcome is Outcome.SUPPLIED_VERIFIED
        return {(o.code, o.basis) for o in operators_for(resolution, None)}

    def test_is_told_when_the_chain_of_the_meter_point_ends_in_its_group(self) -> None:
        assert ("UKPN_EPN", "host_network") in self.told(UP)

    def test_is_told_by_the_chain_of_the_postcode(self) -> None:
        assert ("UKPN_EPN", "host_network") in self.told((link((Level.POSTCODE, "CB1 2AB"), Level.GSP_GROUP, "_A"),))

    def test_is_not_guessed_without_a_chain(self) -> None:
        assert {basis for _, basis in self.told(())} == {"meter_point", "national"}

    def test_the_independent_operator_itself_is_always_told(self) -> None:
        for known in ((), UP):
            assert "meter_point" in {basis for _, basis in self.told(known)}


def test_registration_data_goes_before_the_chain() -> None:
    known = replace(INDEPENDENT, gsp_group="_C")
    resolution = resolve(SuppliedLocation(import_mpan=MPAN, postcode="CB1 2AB"), [known], "demand", REFED, UP)
    assert (resolution.gsp_group, resolution.host_distributor_id) == ("_C", "12")


def test_a_postcode_does_not_put_a_dnos_own_meter_point_into_another_area() -> None:
    own = replace(INDEPENDENT, mpan=an_mpan("12", 3), distributor_id="12", gsp_group=None)
    street = link((Level.POSTCODE, "CB1 2AB"), Level.GSP_GROUP, "_A")
    told = SuppliedLocation(import_mpan=own.mpan, postcode="CB1 2AB")
    resolution = resolve(told, [own], "demand", REFED, (street,))
    assert (resolution.gsp_group, resolution.host_distributor_id) == ("_C", None)


def test_the_chain_is_that_of_the_effective_day_and_the_meter_point_that_of_today() -> None:
    supplied = SuppliedLocation(import_mpan=MPAN, postcode="CB1 2AB")
    before = resolve(supplied, [INDEPENDENT], "demand", REFED, (*UP, REFEEDING), REFED - timedelta(days=1))
    assert before.network.primary_substation is not None
    assert before.network.primary_substation.location_id == "P1"
