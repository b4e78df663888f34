"""Which changes of an asset are material, and what they ask for."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.composition import compose
from hub.rules.materiality import FollowUp, assess
from schemas.outbound import AssetState, Place
from schemas.reference import materiality as reference
from tests.support.claims import ASSET, a_said
from tests.support.notifications import a_claim, a_device

TODAY = date(2026, 12, 1)
STATE = compose(
    ASSET,
    1,
    [a_said(a_device("fsp-1", model="M", storage_energy_kwh=Decimal(10), market=a_claim()))],
    "evidence_only",
).state


def changed(**fields: Any) -> AssetState:
    return STATE.model_copy(update=fields)


def placed(**fields: Any) -> AssetState:
    return changed(place=STATE.place.model_copy(update=fields))


@pytest.mark.parametrize(
    ("now", "material", "follow_ups"),
    [
        (changed(rated_capacity_kw=Decimal("5.25")), False, set()),
        (changed(rated_capacity_kw=Decimal("5.26")), True, {FollowUp.REASSESS}),
        (changed(rated_capacity_kw=Decimal("4.75")), False, set()),
        (changed(rated_capacity_kw=Decimal("4.74")), True, {FollowUp.REASSESS}),
        (changed(rated_capacity_kw=None), True, {FollowUp.REASSESS}),
        (changed(storage_energy_kwh=Decimal("9.00")), False, set()),
        (changed(storage_energy_kwh=Decimal("8.99")), True, {FollowUp.REASSESS}),
        (changed(generation_capacity_kw=Decimal(3)), True, {FollowUp.REASSESS}),
        (changed(serial_number="SN-7"), True, {FollowUp.REPLACEMENT}),
        (changed(model="N"), True, {FollowUp.REASSESS}),
        (placed(import_mpan="another"), True, {FollowUp.REVALIDATE_METER_POINT}),
        (placed(export_mpan="one"), True, {FollowUp.REVALIDATE_METER_POINT}),
        (placed(address_line="in other words"), False, set()),
        (placed(uprn="7", address_line="x"), True, {FollowUp.REVALIDATE_METER_POINT}),
        (changed(market=None), True, {FollowUp.REASSESS}),
        (changed(market=a_claim(consent="C-NEW")), False, set()),
        (changed(asset_name="The shed"), False, set()),
        (changed(version=9, sources=("oem-1",), concerns=()), False, set()),
        (changed(installer_scheme="MCS"), False, set()),
    ],
)
def test_a_change_is_material_by_the_table(now: AssetState, material: bool, follow_ups: set[FollowUp]) -> None:
    found = assess(STATE, now, TODAY)
    assert (found.material, set(found.follow_ups)) == (material, follow_ups)
    assert found.tell is material


def test_a_serial_number_that_was_not_known_is_no_replacement() -> None:
    found = assess(changed(serial_number=None), STATE, TODAY)
    assert found.material
    assert FollowUp.REPLACEMENT not in found.follow_ups


def test_many_small_steps_are_a_large_one() -> None:
    small, large = changed(rated_capacity_kw=Decimal("5.20")), changed(rated_capacity_kw=Decimal("5.40"))
    assert not assess(STATE, small, TODAY).material
    assert not assess(small, large, TODAY).material
    assert assess(STATE, large, TODAY).material


def test_what_is_material_comes_first() -> None:
    found = assess(STATE, changed(asset_name="a", phases=3), TODAY)
    assert [change.field for change in found.changes] == ["phases", "asset_name"]


def test_nothing_has_changed() -> None:
    found = assess(STATE, STATE, TODAY)
    assert (found.changes, found.material, found.tell) == ((), False, False)


@given(st.decimals(Decimal("0.01"), Decimal(10**6), places=2), st.decimals(Decimal("0.01"), Decimal(10**6), places=2))
def test_the_threshold_is_a_share_of_the_value_before(before: Decimal, after: Decimal) -> None:
    one, other = changed(rated_capacity_kw=before), changed(rated_capacity_kw=after)
    assert assess(one, other, TODAY).material is (abs(after - before) > before * Decimal("0.05"))


@given(st.sampled_from(sorted(AssetState.model_fields)), st.sampled_from(sorted(Place.model_fields)))
def test_every_reason_is_a_sentence_without_a_value(field: str, part: str) -> None:
    now = changed(**{field: None}) if field not in ("place", "market") else STATE
    now = now.model_copy(update={"place": now.place.model_copy(update={part: "VALUE"})})
    for change in assess(STATE, now, TODAY).changes:
        assert change.reason[0].isupper() and change.reason.endswith(".") and ".." not in change.reason
        assert "_" not in change.reason and "VALUE" not in change.reason


def test_every_field_of_the_table_is_one_of_the_asset() -> None:
    known = {*AssetState.model_fields, *(f"place.{name}" for name in Place.model_fields), reference.EVERY_OTHER}
    assert set(reference._rules(None)) <= known
