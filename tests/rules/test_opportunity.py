"""Which products an asset may suit."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from hub.rules.opportunity import AssetFacts, fits
from schemas.reference import load

TODAY = date(2026, 11, 2)
CHARGER = AssetFacts("EV_CHARGER", Decimal("7.4"), "10", "_A")


def offered(asset: AssetFacts, on: date = TODAY) -> set[tuple[str, str]]:
    return {(fit.product_code, fit.procurer) for fit in fits(asset, None, on)}


@pytest.mark.parametrize(
    ("distributor_id", "gsp_group", "buyers"),
    [
        ("10", "_A", {"NESO", "UKPN"}),
        ("16", "_G", {"NESO", "ENWL"}),
        ("25", "_G", {"NESO", "ENWL"}),  # an independent network lies in the area around it
        ("25", None, {"NESO"}),
        ("23", None, {"NESO", "NPg"}),
    ],
)
def test_area_decides_which_network_operators_buy(distributor_id: str, gsp_group: str | None, buyers: set[str]) -> None:
    asset = AssetFacts("HEAT_PUMP", Decimal(20), distributor_id, gsp_group)
    assert {procurer for _, procurer in offered(asset)} == buyers


def test_an_asset_whose_place_is_unknown_fits_nothing() -> None:
    assert offered(AssetFacts("BESS", Decimal(5))) == set()


def test_size_counts_only_where_a_source_gives_a_minimum() -> None:
    assert ("SU", "UKPN") not in offered(CHARGER)
    assert ("SU", "UKPN") in offered(replace(CHARGER, rated_kw=Decimal(10)))
    assert ("SU", "UKPN") not in offered(replace(CHARGER, rated_kw=None))
    assert ("SU", "NGED") in offered(AssetFacts("EV_CHARGER", None, "11"))


def test_technology_decides_the_direction() -> None:
    solar = fits(AssetFacts("SOLAR_PV", Decimal(4), "17"), None, TODAY)
    assert {fit.direction.value for fit in solar} == {"generation_down"}
    assert "LCM" in {fit.product_code for fit in solar}
    assert "LCM" not in {code for code, _ in offered(AssetFacts("SOLAR_PV", Decimal(4), "10"))}
    assert offered(AssetFacts("ELECTRIC_VEHICLE", Decimal(7), "10")) == set()


def test_a_product_is_offered_from_its_first_day_to_its_last() -> None:
    assert ("QR", "NESO") not in offered(CHARGER, date(2025, 9, 1))
    assert ("QR", "NESO") in offered(CHARGER, date(2025, 9, 2))
    ends = [replace(fit, valid_to=TODAY) for fit in load.product_fits() if fit.product_code == "PR"]
    pump = AssetFacts("HEAT_PUMP", Decimal(5), "16")
    assert len(fits(pump, ends, TODAY)) == 1
    assert fits(pump, ends, date(2026, 11, 3)) == ()


def test_the_reason_names_product_buyer_and_technology() -> None:
    (fit,) = fits(
        AssetFacts("HVAC", Decimal(20), "16"),
        [f for f in load.product_fits() if f.product_code == "PR"],
        TODAY,
    )
    assert fit.reason == ("Peak Reduction: ENWL buys demand down in this network area, which Building HVAC may give.")


def test_every_category_that_is_listed_can_be_offered_with_a_reason() -> None:
    for category in load.asset_categories():
        for area in ("16", "17", "19"):
            for fit in fits(AssetFacts(category, Decimal(5000), area), None, TODAY):
                assert fit.reason.startswith(load.products()[fit.product_code].name)
