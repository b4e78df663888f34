"""Works of one installer near each other, and how it is known how near."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from hub.rules.forms import cluster, distance
from hub.rules.forms.distance import Basis, Distance, Spot
from hub.rules.forms.facts import NearbyWork
from schemas.vocabulary import AssetCategory
from tests.support.forms import COMMISSIONED, an_asset, form_facts

POSTCODE = Distance(Basis.SAME_POSTCODE)
AREA = Distance(Basis.SAME_POSTCODE_AREA)


def metres(value: int) -> Distance:
    return Distance(Basis.MEASURED, Decimal(value))


def found(*works: tuple[int, Distance], category: AssetCategory = AssetCategory.SOLAR_PV) -> list[str]:
    near = tuple(NearbyWork(COMMISSIONED + timedelta(days=days), how) for days, how in works)
    return [c.rule_id for c in cluster.notices(form_facts(an_asset(category), works=near))]


@pytest.mark.parametrize(
    ("works", "expected"),
    [
        ([], []),
        ([(0, POSTCODE)], ["G98-CLUSTER"]),
        ([(28, POSTCODE)], ["G98-CLUSTER"]),
        ([(-28, POSTCODE)], ["G98-CLUSTER"]),
        ([(29, POSTCODE)], []),
        ([(-29, POSTCODE)], []),
        ([(0, Distance(Basis.SAME_PROPERTY))], ["G98-CLUSTER"]),
        ([(0, AREA)], ["G98-CLUSTER_MAYBE"]),
        ([(0, AREA), (1, POSTCODE)], ["G98-CLUSTER"]),
        ([(0, metres(500))], ["G98-CLUSTER"]),
        ([(0, metres(501))], []),
        ([(0, metres(501)), (0, AREA)], ["G98-CLUSTER_MAYBE"]),
    ],
)
def test_works_near_by_within_the_window(works: list[tuple[int, Distance]], expected: list[str]) -> None:
    assert found(*works) == expected


def test_only_generation_counts() -> None:
    assert found((0, POSTCODE), category=AssetCategory.HEAT_PUMP) == []


def test_without_a_date_there_is_no_window() -> None:
    state = an_asset("SOLAR_PV", commissioning_date=None)
    works = (NearbyWork(date(2026, 4, 20), POSTCODE),)
    assert list(cluster.notices(form_facts(state, works=works))) == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Spot("1", "CB1 2AB"), Spot("1", "CB1 2AB"), Distance(Basis.SAME_PROPERTY)),
        (Spot("1", "CB1 2AB"), Spot("2", "CB1 2AB"), POSTCODE),
        (Spot(None, "CB1 2AB"), Spot(None, "CB1 2XY"), AREA),
        (Spot(None, "CB1 2AB"), Spot(None, "CB1 3AB"), None),
        (Spot(None, "CB1 2AB"), Spot("2"), None),
        (Spot(), Spot(), None),
        (
            Spot("1", "CB1 2AB", Decimal(545000), Decimal(258000)),
            Spot("2", "CB1 2AB", Decimal(545300), Decimal(258400)),
            metres(500),
        ),
        (Spot("1", "CB1 2AB", Decimal(545000), Decimal(258000)), Spot("2", "CB1 2AB"), POSTCODE),
    ],
)
def test_how_far_apart_is_said_only_as_surely_as_it_is_known(one: Spot, other: Spot, expected: Distance | None) -> None:
    assert distance.between(one, other) == distance.between(other, one) == expected


def test_where_somebody_lives_is_in_no_repr() -> None:
    assert "CB1" not in repr(Spot("10001", "CB1 2AB"))
