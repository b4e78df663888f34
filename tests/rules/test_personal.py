"""What in a message is about a person."""

from typing import Any

import pytest

from hub.rules import personal
from schemas.asset import ExternalId
from schemas.notifications import NOTIFICATIONS, Notification
from schemas.reference import privacy
from tests.support.notifications import a_battery, a_claim, a_device, a_removal, an_update

TOLD: tuple[Notification, ...] = (
    a_battery(),
    a_device(
        asset_name="Ann's battery",
        external_ids=(ExternalId(scheme="VIN", value="WVWZZZ1JZXW000001"),),
        job_reference="job 7, Ann Smith",
        installer_scheme_no="NAP-1",
        market=a_claim(),
        other_description="in Ann's garage",
        demand_tech_type="OTHER",
    ),
    an_update(phases=3, serial_number="SN-1"),
    a_removal(reason="Ann moved"),
)


def body(notification: Notification) -> dict[str, Any]:
    return notification.model_dump(mode="json", exclude_defaults=True)


def test_every_field_of_every_notification_is_in_the_table() -> None:
    fields = {name for shape in NOTIFICATIONS for name in shape.model_fields}
    assert set(privacy.personal_fields()) == fields


@pytest.mark.parametrize(
    "field", ["location", "serial_number", "external_ids", "asset_name", "sender_asset_ref", "market", "reason"]
)
def test_what_leads_to_a_person_is_personal(field: str) -> None:
    assert privacy.personal_fields()[field]


def test_a_field_that_nobody_has_thought_of_is_taken_for_personal() -> None:
    assert personal.split({"phases": 3, "owner_name": "Ann"}) == ({"phases": 3}, {"owner_name": "Ann"})


@pytest.mark.parametrize("told", TOLD, ids=("little told", "much told", "an update", "a removal"))
def test_nothing_is_lost_between_the_two_parts(told: Notification) -> None:
    clear, hidden = personal.split(body(told))
    assert clear | hidden == body(told)
    assert not set(clear) & set(hidden)


@pytest.mark.parametrize("told", TOLD, ids=("little told", "much told", "an update", "a removal"))
def test_what_is_left_after_an_erasure_is_still_a_message_and_names_nobody(told: Notification) -> None:
    left = type(told).model_validate(personal.blanked(body(told)))
    for value in ("Ann", "SN-0012345", "WVWZZZ1JZXW000001", "NAP-1", "CB1 2AB", "C-HOUSE-1", "SN-1"):
        assert value not in repr(left)
    assert left.sender_asset_ref == told.sender_asset_ref
    assert getattr(left, "effective_from", None) == getattr(told, "effective_from", None)
    assert getattr(left, "rated_capacity_kw", None) == getattr(told, "rated_capacity_kw", None)
