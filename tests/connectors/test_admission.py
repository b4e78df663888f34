"""The checks of a signed message in their order, and the answer to each."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.admission import Admitted, Arrival, Refused, check
from hub.services.directory import Directory
from schemas import avro, body
from schemas.dispute_codes import DisputeOutcome
from schemas.disputes import Correction
from schemas.notifications import Notification
from schemas.records.participants import DelegationRow
from schemas.signed_message import MAX_BODY_BYTES, SignedMessage
from schemas.vocabulary import AssetCategory, Door
from tests.support import people
from tests.support.decisions import a_ruling
from tests.support.disputes import a_closing, a_dispute, an_answer
from tests.support.journal import signed, signed_body
from tests.support.notifications import T0, a_battery, a_claim, a_clock, a_deregistration, a_removal, an_update
from tests.support.premises import HOUSE, an_mpan

WINDOW = 300
SECOND = timedelta(seconds=1)


def answer(
    message: SignedMessage,
    door: Door = Door.WEBHOOK,
    directory: Directory | None = None,
    at: datetime = T0,
    expected_sender: str | None = None,
) -> tuple[int, str]:
    """Status and code; 202 for what may go into the journal."""
    found = check(Arrival(message, at, expected_sender), door, directory or people.directory(), WINDOW)
    return (202, "accepted") if isinstance(found, Admitted) else (found.answer.status, found.answer.code)


def refusal(message: SignedMessage) -> Refused:
    found = check(Arrival(message, T0), Door.WEBHOOK, people.directory(), WINDOW)
    assert isinstance(found, Refused)
    return found


def fields(message: SignedMessage) -> list[str]:
    return sorted(p.field for p in refusal(message).answer.fields)


@pytest.mark.parametrize("avro_body", [True, False], ids=["Avro", "JSON"])
@pytest.mark.parametrize(
    "told",
    [
        a_battery(),
        an_update(phases=1),
        a_removal(),
        a_dispute(),
        an_answer(sender="installer-1"),
        a_closing(sender="installer-1"),
    ],
    ids=lambda n: type(n).__name__,
)
def test_a_sound_message_may_go_in(told: Notification, avro_body: bool) -> None:
    message = signed(told, avro_body=avro_body)
    found = check(Arrival(message, T0), Door.WEBHOOK, people.directory(), WINDOW)
    assert isinstance(found, Admitted)
    assert (found.sender, found.notification, found.message) == ("installer-1", told, message)


def test_a_correction_is_looked_at_like_what_it_corrects() -> None:
    later = Correction(effective_from=T0.date(), commissioning_date=T0.date() + timedelta(days=9))
    assert fields(signed(a_closing(outcome=DisputeOutcome.CORRECTED, correction=later))) == ["commissioning_date"]
    pump = Correction(effective_from=T0.date(), asset_category=AssetCategory.HEAT_PUMP)
    key = people.signing_key("admin", categories=frozenset({AssetCategory.BESS}))
    message = signed(a_closing(outcome=DisputeOutcome.CORRECTED, correction=pump))
    found = check(Arrival(message, T0), Door.WEBHOOK, people.directory(key), WINDOW)
    assert isinstance(found, Refused)
    assert "HEAT_PUMP" in found.answer.detail


@pytest.mark.parametrize("door", Door)
def test_every_door_takes_the_same_message(door: Door) -> None:
    assert answer(signed(a_battery()), door) == (202, "accepted")


UNAUTHENTICATED = (401, "unauthenticated")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ({"revoked_at": T0 - SECOND}, "key revoked"),
        ({"not_before": T0 + SECOND}, "key not yet valid"),
        ({"not_after": T0}, "key expired"),
        ({"doors": frozenset({Door.MQTT})}, "key not for the webhook door"),
        ({"public_key": people.identity("installer-2").public_key}, "signature does not verify"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_no_key_that_is_not_good_is_accepted(key: dict[str, Any], why: str) -> None:
    directory = people.directory(people.signing_key("installer-1", **key))
    found = check(Arrival(signed(a_battery()), T0), Door.WEBHOOK, directory, WINDOW)
    assert isinstance(found, Refused)
    assert ((found.answer.status, found.answer.code), found.why) == (UNAUTHENTICATED, why)
    assert not found.kept, "nothing is kept of what nobody authentic has sent"


def test_every_failed_authentication_has_the_same_answer() -> None:
    message = signed(a_battery())
    unknown_key = message.model_copy(update={"key_id": "nobody"})
    forged = message.model_copy(update={"body": message.body + b" "})
    assert refusal(unknown_key).answer == refusal(forged).answer
    assert {refusal(unknown_key).why, refusal(forged).why} == {"key unknown", "signature does not verify"}


def test_a_key_id_of_another_participant_does_not_help() -> None:
    message = signed(a_battery()).model_copy(update={"key_id": people.identity("oem-1").key_id})
    assert answer(message) == UNAUTHENTICATED


@pytest.mark.parametrize(
    ("channel", "expected"), [(None, 202), ("installer-1", 202), ("installer-2", 401), ("", 401), ("installer-1x", 401)]
)
def test_a_channel_is_for_its_participant_alone(channel: str | None, expected: int) -> None:
    assert answer(signed(a_battery()), Door.MQTT, expected_sender=channel)[0] == expected


@pytest.mark.parametrize(
    ("off", "expected"),
    [
        (timedelta(0), (202, "accepted")),
        (timedelta(seconds=WINDOW), (202, "accepted")),
        (timedelta(seconds=-WINDOW), (202, "accepted")),
        (timedelta(seconds=WINDOW, microseconds=1), (401, "stale")),
        (timedelta(seconds=-WINDOW, microseconds=-1), (401, "stale")),
        (timedelta(days=365), (401, "stale")),
        (timedelta(days=-365), (401, "stale")),
    ],
    ids=str,
)
def test_a_message_is_good_for_its_window_either_way(off: timedelta, expected: tuple[int, str]) -> None:
    assert answer(signed(a_battery()), at=T0 + off) == expected


def test_milliseconds_in_place_of_seconds_are_stale() -> None:
    # Of 1970 to 2004, that is; later ones are above what a timestamp may be.
    message = people.identity("installer-1").sign(body.to_json(a_battery()), timestamp=10**12)
    assert answer(message) == (401, "stale")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (signed(a_battery("installer-2"), sign_as="installer-1"), "sender must be installer-1"),
        (signed(a_battery("platform-1", on_behalf_of="fsp-2")), "no delegation lets platform-1 speak for fsp-2"),
        (signed(a_battery("oem-1", on_behalf_of="fsp-1")), "no delegation lets oem-1 speak for fsp-1"),
        (signed(a_battery("installer-1", market=a_claim("fsp-1"))), "a claim is made by its own provider"),
        (signed(a_battery("fsp-2", market=a_claim("fsp-1"))), "a claim is made by its own provider"),
        (signed(a_battery("platform-1", market=a_claim("fsp-1"))), "a claim is made by its own provider"),
        (signed(a_battery("installer-1", market=a_claim("installer-1"))), "no Flexibility Service Provider"),
        (signed(a_battery("neso", market=a_claim("neso"))), "no Flexibility Service Provider"),
        (signed(an_update("oem-1", market=a_claim("fsp-2"))), "a claim is made by its own provider"),
    ],
)
def test_nobody_speaks_beyond_its_scope(message: SignedMessage, said: str) -> None:
    found = refusal(message)
    assert (found.answer.status, found.answer.code) == (403, "scope_denied")
    assert said in found.answer.detail
    assert found.kept


@pytest.mark.parametrize(
    "told",
    [
        a_battery("fsp-1", market=a_claim("fsp-1")),
        a_battery("platform-1", on_behalf_of="fsp-1", market=a_claim("fsp-1")),
        an_update("platform-1", on_behalf_of="fsp-1"),
        a_removal("platform-1", on_behalf_of="fsp-1"),
        a_deregistration("fsp-1"),
        a_deregistration("platform-1", on_behalf_of="fsp-1"),
        a_battery("oem-1"),
    ],
    ids=lambda n: f"{type(n).__name__} of {n.sender} for {n.on_behalf_of}",
)
def test_what_is_within_scope(told: Notification) -> None:
    assert answer(signed(told)) == (202, "accepted")


@pytest.mark.parametrize("sender", ["installer-1", "oem-1", "platform-1", "eastern", "neso"])
def test_only_a_provider_ends_a_registration_for_the_market(sender: str) -> None:
    found = refusal(signed(a_deregistration(sender)))
    assert (found.answer.status, found.answer.code) == (403, "scope_denied")
    assert "AssetDecommissioned" in found.answer.detail


@pytest.mark.parametrize("encode", [avro.encode, body.to_json], ids=["avro", "json"])
def test_nobody_says_in_place_of_the_hub_that_a_clock_ran(encode: Callable[[Notification], bytes]) -> None:
    for sender in ("installer-1", "admin"):
        ran = a_clock(sender, sender=sender)
        assert answer(signed_body(encode(ran), sender)) == (422, "schema_unknown")


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "expected"),
    [
        (T0, None, 202),
        (T0 + SECOND, None, 403),
        (people.LONG_AGO, T0 + SECOND, 202),
        (people.LONG_AGO, T0, 403),
    ],
)
def test_a_delegation_holds_for_its_time(valid_from: datetime, valid_to: datetime | None, expected: int) -> None:
    usual = people.directory()
    row = DelegationRow(delegate="platform-1", principal="fsp-2", valid_from=valid_from, valid_to=valid_to)
    directory = Directory(2, usual.members, usual.keys, usual.tokens, (row,), usual.operators)
    assert answer(signed(a_battery("platform-1", on_behalf_of="fsp-2")), directory=directory)[0] == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (a_battery(), 403),
        (a_battery(asset_category=AssetCategory.HEAT_PUMP), 202),
        (an_update(asset_category=AssetCategory.BESS), 403),
        (an_update(), 202),
        (a_removal(), 202),
    ],
)
def test_a_key_for_some_categories_speaks_of_those_alone(told: Notification, expected: int) -> None:
    key = people.signing_key("installer-1", categories=frozenset({AssetCategory.HEAT_PUMP}))
    assert answer(signed(told), directory=people.directory(key))[0] == expected


@pytest.mark.parametrize(("size", "expected"), [(MAX_BODY_BYTES, 422), (MAX_BODY_BYTES + 1, 413)])
def test_a_body_has_a_largest_size(size: int, expected: int) -> None:
    assert answer(signed_body(b'{"a":"'.ljust(size, b"x"), "installer-1"))[0] == expected


def test_a_strangers_body_is_never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(_: bytes) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(body, "decode", decode)
    assert answer(signed(a_battery()).model_copy(update={"key_id": "nobody"})) == UNAUTHENTICATED
    assert answer(signed(a_battery()).model_copy(update={"id": "another-id-altogether"})) == UNAUTHENTICATED
    assert answer(signed(a_battery()), at=T0 + timedelta(hours=1)) == (401, "stale")
    with pytest.raises(AssertionError, match="decoded"):
        answer(signed(a_battery()))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"x",
        b"\xc3\x01",
        b"\xc3\x01" + bytes(8),
        b'{"type":"AssetSold"}',
        b"{}",
        b' {"type":"AssetUpdated"}',
    ],
    ids=repr,
)
def test_a_body_of_no_known_schema(content: bytes) -> None:
    found = refusal(signed_body(content, "installer-1"))
    assert (found.answer.status, found.answer.code) == (422, "schema_unknown")
    assert found.sender == "installer-1"


def as_json(told: Notification, **changed: Any) -> SignedMessage:
    """Signed JSON whose fields are changed to whatever."""
    return signed_body(orjson.dumps({**orjson.loads(body.to_json(told)), **changed}), told.sender)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (as_json(a_battery(), rated_capacity_kw="a lot", phases=9), ["phases", "rated_capacity_kw"]),
        (as_json(a_battery(), asset_category="TOASTER"), ["asset_category"]),
        (as_json(a_battery(), location={"postcode": "", "import_mpan": "x"}), ["location.postcode"]),
        (as_json(a_battery(), location={"dno_code": "UKPN_EPN"}), ["location"]),
        (as_json(a_battery(), occurred_at="2026-04-30T09:00:00"), ["occurred_at"]),
        (as_json(a_battery(), sender=None, effective_from=None), ["effective_from", "sender"]),
        (as_json(a_battery(), colour="red"), ["colour"]),
        (as_json(a_battery(), generation_capacity_kw="9.00"), ["(body)"]),
        (as_json(a_battery(), external_ids=[{"scheme": "OCPP"}]), ["external_ids.0.value"]),
        (as_json(a_battery(), asset_name="nul \x00"), ["asset_name"]),
        (signed(a_battery(occurred_at=T0 + timedelta(minutes=6))), ["occurred_at"]),
        (signed(a_battery(commissioning_date="2026-05-02")), ["commissioning_date"]),
        (signed(a_removal(effective_from="2026-05-02")), ["effective_from"]),
        (signed(a_removal(effective_from="9999-12-31")), ["effective_from", "effective_from"]),
        (signed(a_deregistration("fsp-1", effective_from="9999-12-31")), ["effective_from"]),
        (
            signed(a_battery(effective_from="9999-12-31", commissioning_date="0001-01-01")),
            ["commissioning_date", "effective_from"],
        ),
        (signed(a_battery(location=HOUSE.location(postcode="BT1 5GS"))), ["location.postcode"]),
        (
            signed(a_battery(location=HOUSE.location(import_mpan=an_mpan("10", 5)[:-1], uprn=None, postcode=None))),
            ["location.import_mpan"],
        ),
        (signed(a_battery(location=HOUSE.location(import_mpan="n/a", uprn="x", postcode="none"))), ["location"]),
    ],
)
def test_every_wrong_field_is_named(message: SignedMessage, named: list[str]) -> None:
    found = refusal(message)
    assert (found.answer.status, found.answer.code) == (422, "payload_invalid")
    assert fields(message) == named
    assert found.kept


@pytest.mark.parametrize(
    "told",
    [
        a_battery(location=HOUSE.location(import_mpan="1012345678904")),
        a_battery(location=HOUSE.location(import_mpan="data not available")),
        a_battery(occurred_at=T0 + timedelta(minutes=5)),
        a_battery(occurred_at=datetime(1999, 1, 1, tzinfo=UTC)),
        a_battery(commissioning_date="2026-05-01"),
    ],
    ids=["wrong MPAN beside others", "no MPAN, in words", "a clock a little ahead", "long ago", "today"],
)
def test_what_is_let_in_all_the_same(told: Notification) -> None:
    assert answer(signed(told)) == (202, "accepted")


def test_today_is_todays_date_in_great_britain() -> None:
    just_after_midnight = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    told = a_battery(commissioning_date="2026-06-02", occurred_at=T0)
    assert answer(signed(told, at=just_after_midnight), at=just_after_midnight) == (202, "accepted")


def test_an_answer_never_repeats_what_the_sender_wrote() -> None:
    secret = "somebody's own address"
    message = as_json(a_battery(), location={"postcode": secret * 20, "import_mpan": [secret]}, phases=secret)
    assert secret not in repr(refusal(message).answer)


def test_the_name_of_an_unknown_field_is_cut_short() -> None:
    name = "x" * 5000 + "\x00"
    (problem,) = refusal(as_json(a_battery(), **{name: 1})).answer.fields
    assert len(problem.field) <= 100
    assert "\x00" not in problem.field


def test_an_avro_body_of_another_message_is_no_notification() -> None:
    assert answer(signed_body(avro.encode(signed(a_battery())), "installer-1")) == (422, "schema_unknown")


_LOCATION = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("import_mpan", "export_mpan", "uprn", "address_line", "postcode", "meter_serial"), st.text()
    ),
)


@given(_LOCATION, st.text(), st.text())
def test_whatever_stands_in_a_text_gets_an_answer(location: dict[str, str], maker: str, serial: str) -> None:
    message = as_json(a_battery(), location=location, manufacturer=maker, serial_number=serial)
    assert answer(message)[0] in (202, 422)


@pytest.mark.parametrize("sender", ["admin", "eastern", "independent"])
def test_a_decision_of_one_with_a_right_to_it_may_go_in(sender: str) -> None:
    assert answer(signed(a_ruling(("installer-1", "b"), ("oem-1", "c"), sender=sender))) == (202, "accepted")


@pytest.mark.parametrize("sender", ["fsp-1", "neso", "installer-1", "oem-2"])
def test_a_decision_of_one_without_a_right_to_it_is_refused_at_the_door(sender: str) -> None:
    message = signed(a_ruling(("installer-1", "b"), ("oem-1", "c"), sender=sender))
    assert answer(message) == (403, "scope_denied")
    assert refusal(message).answer.detail.find("REV-") >= 0


def test_of_a_device_named_by_its_asset_id_the_door_does_not_know_whose_reference_it_is() -> None:
    assert answer(signed(a_ruling(UUID(int=7), ("installer-1", "b"), sender="installer-1"))) == (202, "accepted")
