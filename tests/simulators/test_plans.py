"""What the senders plan: as many messages as asked for, their slips, and right expectations of the door."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import orjson
import pytest

from connectors.admission import Admitted, Arrival, check
from hub import clock
from schemas import avro, body
from schemas.notifications import AssetCommissioned
from schemas.vocabulary import Door
from simulators import cast, installer, messages, oem, platform, town
from simulators.messages import Conversation, Expectation, Step
from simulators.town import Home
from tests.simulators.town import IDENTITIES, directory

SEED = 3
COUNT = 1200
HTTP_WINDOW = 300

Plan = Callable[[int, int], Iterator[Conversation]]

PLANS: dict[str, tuple[str, Door, Plan]] = {
    "installer": ("installer-1", Door.WEBHOOK, lambda s, n: installer.plan(s, "installer-1", n, 1, 3)),
    "oem": ("oem-1", Door.MQTT, lambda s, n: oem.plan(s, "oem-1", n)),
    "platform": ("platform-1", Door.PLATFORM, lambda s, n: platform.plan(s, "platform-1", n, platform.RATES)),
    "platform into Kafka": (
        "platform-1",
        Door.PLATFORM,
        lambda s, n: platform.plan(s, "platform-1", n, platform.KAFKA_RATES),
    ),
}
WHO = pytest.mark.parametrize("who", PLANS)


def planned(who: str, seed: int = SEED, count: int = COUNT) -> list[Conversation]:
    return list(PLANS[who][2](seed, count))


def steps(conversations: Sequence[Conversation]) -> list[Step]:
    return [step for conversation in conversations for step in conversation]


@WHO
@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_exactly_as_many_messages_are_planned_as_asked_for(who: str, count: int) -> None:
    assert messages.count(planned(who, count=count)) == count


@WHO
def test_a_seed_gives_the_same_messages_and_another_seed_others(who: str) -> None:
    assert planned(who) == planned(who)
    ids = {step.outgoing.message_id for step in steps(planned(who))}
    assert not ids & {step.outgoing.message_id for step in steps(planned(who, seed=SEED + 1))}


@WHO
def test_an_id_is_used_again_only_where_that_is_the_point(who: str) -> None:
    again = Counter(step.outgoing.message_id for step in steps(planned(who)))
    meant = Counter(
        step.outgoing.message_id
        for step in steps(planned(who))
        if step.expected in (messages.REPEAT, messages.ID_REUSED)
    )
    assert {m: n - 1 for m, n in again.items() if n > 1} == dict(meant)


@WHO
def test_the_door_answers_what_the_plan_expects(who: str) -> None:
    """Every message goes through the real checks; an id that is used again is the intake's to find."""
    name, door, _ = PLANS[who]
    known = directory()
    for step in steps(planned(who)):
        signed = step.outgoing.seal(IDENTITIES[name])
        found = check(Arrival(signed, clock.now()), door, known, HTTP_WINDOW)
        status = 202 if isinstance(found, Admitted) else found.answer.status
        assert status in step.expected.statuses, (step.expected.why, found)


@WHO
def test_every_slip_happens_about_as_often_as_its_rate_says(who: str) -> None:
    conversations = planned(who)
    rates = {
        "installer": installer.RATES,
        "oem": oem.RATES,
        "platform": platform.RATES,
        "platform into Kafka": platform.KAFKA_RATES,
    }[who]
    said = Counter(step.expected.why for step in steps(conversations))
    expected: dict[Expectation, float] = {}
    for slip, rate in rates.items():
        for expectation in _SLIPS[slip]:
            expected[expectation] = expected.get(expectation, 0) + rate
    for expectation, rate in expected.items():
        share = said[expectation.why] / len(conversations)
        assert share == pytest.approx(rate, abs=0.02), expectation.why
        assert share > 0, expectation.why


_SLIPS: dict[str, tuple[Expectation, ...]] = {
    "repeat": (messages.REPEAT,),
    "retry": (messages.REPEAT,),
    "bad_signature": (messages.BAD_SIGNATURE,),
    "stale": (messages.STALE,),
    "id_reused": (messages.ID_REUSED,),
    "truncated": (messages.TRUNCATED,),
    "payload_invalid": (messages.PAYLOAD_INVALID,),
    "bad_mpan": (messages.BAD_MPAN,),
    "late": (messages.CHANGED, messages.LATE),
    "removed": (messages.CHANGED,),
    "later_fact": (messages.CHANGED,),
    "second_claim": (messages.CLAIMED_TWICE,),
}


@pytest.mark.parametrize("breakage", messages.BREAKAGES, ids=str)
def test_every_breakage_is_one_that_the_shape_refuses(breakage: dict[str, object]) -> None:
    told = next(_told("installer"))
    fields = told.model_dump(mode="json", exclude_defaults=True) | {"type": "AssetCommissioned"} | breakage
    content = orjson.dumps({k: v for k, v in fields.items() if v is not None})
    with pytest.raises(body.BodyInvalid):
        body.decode(content)


def _told(who: str) -> Iterator[AssetCommissioned]:
    for step in steps(planned(who)):
        if step.expected is messages.TOLD:
            notification = body.decode(step.outgoing.body)
            assert isinstance(notification, AssetCommissioned)
            yield notification


def test_installers_send_json_and_avro() -> None:
    first = {told.outgoing.body[:2] == avro.MAGIC for told in steps(planned("installer"))}
    assert first == {True, False}


def test_lines_of_one_form_share_its_reference_and_differ_in_number() -> None:
    lines: dict[str, list[int]] = {}
    for told in _told("installer"):
        lines.setdefault(told.job_reference or "", []).append(told.line_number or 0)
    assert any(len(numbers) > 1 for numbers in lines.values())
    assert all(len(set(numbers)) == len(numbers) for numbers in lines.values())


def test_clouds_and_platform_speak_of_devices_that_installers_speak_of() -> None:
    told_by_installers = {told.serial_number for told in _told("installer")}
    for who in ("oem", "platform"):
        assert told_by_installers & {told.serial_number for told in _told(who)}


def test_a_cloud_speaks_only_of_its_own_makers() -> None:
    assert {told.sender for told in _told("oem")} == {"oem-1"}
    ours = {told.manufacturer for told in _told("oem")}
    others = list(oem.plan(SEED, "oem-2", COUNT))
    theirs = {body.decode(s.outgoing.body).manufacturer for s in steps(others) if s.expected is messages.TOLD}  # type: ignore[union-attr]
    assert not ours & theirs


def test_the_platform_claims_for_providers_with_consent_and_services() -> None:
    claims = list(_told("platform"))
    assert {claim.on_behalf_of for claim in claims} == {"fsp-1", "fsp-2"}
    assert all(claim.market and claim.market.consent_reference for claim in claims)
    assert any(claim.market and claim.market.services for claim in claims)


def test_nothing_told_lies_in_the_future() -> None:
    latest = max(told.occurred_at for who in PLANS for told in _told(who))
    assert latest < datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("count", [200, 3000])
def test_a_play_speaks_of_no_more_premises_than_it_says(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    visited: list[int] = []

    def home_at(seed: int, number: int) -> Home:
        visited.append(number)
        return town.home_at(seed, number)

    for actor in (installer, oem, platform):
        monkeypatch.setattr(actor, "home_at", home_at)
    for plan in cast.plans(1, count):
        assert messages.count(plan.conversations) == plan.count
    assert max(visited) < cast.premises_needed(count)
