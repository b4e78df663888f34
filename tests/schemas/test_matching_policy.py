"""The dated policy of matching: limits, groups of categories, pairs that are counted once."""

from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest

from schemas.reference import load, matching
from schemas.reference.categories import (
    CategoryAgreement,
    Sharing,
    category_agreement,
    category_groups,
    category_relation,
    category_relations,
)
from schemas.reference.read import BadReferenceDataError
from schemas.vocabulary import AssetCategory

SHIPPED = Path(matching.__file__).parent


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("3.68", "3.5", True), ("3.68", "3.3", False), ("0.3", "0.4", True), ("0.3", "0.41", False), ("100", "95", True)],
)
def test_capacities_agree_within_five_percent_or_a_tenth_of_a_kilowatt(one: str, other: str, same: bool) -> None:
    limits = matching.limits()
    assert limits.same_capacity(Decimal(one), Decimal(other)) is same
    assert limits.same_capacity(Decimal(other), Decimal(one)) is same


def test_commissioning_agrees_within_a_fortnight() -> None:
    limits = matching.limits()
    assert limits.same_commissioning(date(2027, 3, 1), date(2027, 3, 15))
    assert not limits.same_commissioning(date(2027, 3, 16), date(2027, 3, 1))
    assert (limits.serial_shortest, limits.mark) == (6, "proposed")


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("BESS", "BESS", CategoryAgreement.SAME),
        ("EV_CHARGER", "V2G_CHARGER", CategoryAgreement.GROUP),
        ("ELECTRIC_BOILER", "HOT_WATER", CategoryAgreement.GROUP),
        ("HEAT_PUMP", "HVAC", CategoryAgreement.GROUP),
        ("OTHER", "BESS", CategoryAgreement.GROUP),
        ("EV_CHARGER", "ELECTRIC_VEHICLE", CategoryAgreement.RELATED),
        ("V2G_CHARGER", "ELECTRIC_VEHICLE", CategoryAgreement.RELATED),
        ("HYBRID_INVERTER", "SOLAR_PV", CategoryAgreement.RELATED),
        ("SOLAR_PV", "BESS", CategoryAgreement.RELATED),
        ("HEAT_PUMP", "BESS", CategoryAgreement.APART),
        ("HEAT_PUMP", "A_LATER_CATEGORY", CategoryAgreement.APART),
    ],
)
def test_categories_are_one_device_related_or_apart(one: str, other: str, agreement: CategoryAgreement) -> None:
    assert category_agreement(one, other) is agreement
    assert category_agreement(other, one) is agreement


def test_every_category_has_a_group_and_no_pair_is_both_one_device_and_two() -> None:
    assert set(category_groups()) == set(AssetCategory) == set(load.asset_categories())
    for one, other in combinations(AssetCategory, 2):
        if category_relation(one, other) is not None:
            assert category_groups()[one] != category_groups()[other]


def test_a_car_at_its_chargepoint_is_one_load_and_a_hybrid_inverter_one_box() -> None:
    car, inverter = category_relation("ELECTRIC_VEHICLE", "EV_CHARGER"), category_relation("BESS", "HYBRID_INVERTER")
    assert car is not None and car.sharing is Sharing.ONE_LOAD
    assert inverter is not None and inverter.sharing is Sharing.ONE_BOX


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "matching_policy.json",
            '"capacity_percent": "5"',
            '"capacity_percent": "five"',
            ("limits, capacity_percent",),
        ),
        ("matching_policy.json", '"serial_shortest": 6', '"serial_shortest": -6', ("limits, serial_shortest",)),
        ("matching_policy.json", '"valid_from": "2026-11-01"', '"valid_from": "soon"', ("limits, valid_from", "date")),
        ("matching_policy.json", '"limits"', '"limit"', ("limits", "object")),
        (
            "matching_policy.json",
            '{"HYBRID_INVERTER": [',
            '{"HYBRID": [',
            ("limits, told_for_parts", "asset categories"),
        ),
        ("matching_policy.json", '": ["SOLAR_PV", "BESS"]', '": ["PANELS"]', ("HYBRID_INVERTER", "asset categories")),
        ("category_groups.csv", "BESS,battery", "BES,battery", ("line 2", "column category")),
        ("category_groups.csv", "OTHER,*,", "BESS,*,", ("column category", "repeats 'BESS'")),
        ("category_relations.csv", "one_load", "one_lode", ("line 2", "column relation", "one_load, one_box")),
        ("category_relations.csv", "SOLAR_PV,BESS", "BESS,BESS", ("line 6", "must differ")),
    ],
)
def test_a_faulty_policy_is_refused_by_place(
    tmp_path: Path, file: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    text = (SHIPPED / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadReferenceDataError) as refused:
        for table in (matching.limits, category_groups, category_relations):
            table(tmp_path)
    assert all(word in str(refused.value) for word in (file, *words))
