"""What comes again byte for byte is known without its signature, as long as all checks would still let it in."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connectors.admission import Admitted, Arrival, check
from connectors.intake import Intake
from connectors.journal import Journal
from connectors.taken_lately import TakenLately
from hub.services.directory import Directory, DirectoryWatch
from registry_store.engine import Engine
from schemas.records.participants import DelegationRow
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door
from tests.support import people
from tests.support.door import SECRET, settings
from tests.support.journal import signed
from tests.support.notifications import T0, a_battery
from tests.support.publisher import KeptPublisher

WINDOW = 300
DIRECTORY = people.directory()
MESSAGE = signed(a_battery("oem-1"))
CHEAPER = 0.25
"""What a repeat may cost the checks, of a new message's; it was a fiftieth (tried)."""


def knows(
    message: SignedMessage = MESSAGE,
    channel: str | None = "oem-1",
    door: Door = Door.MQTT,
    at: datetime = T0,
    directory: Directory = DIRECTORY,
) -> bool:
    taken = TakenLately()
    taken.note(Arrival(MESSAGE, T0, "oem-1"), Door.MQTT, DIRECTORY)
    return taken.knows(Arrival(message, at, channel), door, directory, WINDOW)


def with_key(**told: object) -> Directory:
    key = replace(DIRECTORY.keys[MESSAGE.key_id], **told)  # type: ignore[arg-type]
    return replace(DIRECTORY, keys={**DIRECTORY.keys, MESSAGE.key_id: key})


def test_the_very_same_is_known() -> None:
    assert knows()
    assert knows(at=T0 + timedelta(seconds=WINDOW))


@pytest.mark.parametrize(
    "told",
    [
        {"id": "another-message-id"},
        {"timestamp": MESSAGE.timestamp + 1},
        {"key_id": people.identity("oem-2").key_id},
        {"signature": MESSAGE.signature + " " + MESSAGE.signature},
        {"body": MESSAGE.body + b" "},
        {"signature": MESSAGE.signature + " " + MESSAGE.body[:4].decode(), "body": MESSAGE.body[4:]},
    ],
    ids=lambda told: " and ".join(told),
)
def test_what_differs_in_any_part_is_checked_in_full(told: dict[str, object]) -> None:
    assert not knows(MESSAGE.model_copy(update=told))


@pytest.mark.parametrize(
    "other",
    [
        lambda: knows(channel="oem-2"),
        lambda: knows(channel=None),
        lambda: knows(door=Door.PLATFORM),
        lambda: knows(at=T0 + timedelta(seconds=WINDOW + 1)),
        lambda: knows(directory=replace(DIRECTORY, revision=DIRECTORY.revision + 1)),
        lambda: knows(directory=with_key(revoked_at=T0)),
        lambda: knows(directory=with_key(not_after=T0)),
        lambda: knows(directory=replace(DIRECTORY, keys={})),
    ],
    ids=["channel", "no channel", "door", "stale", "who takes part", "revoked", "expired", "no key"],
)
def test_whatever_a_check_could_say_otherwise_is_checked_in_full(other: Callable[[], bool]) -> None:
    assert not other()


UNTIL = T0 + timedelta(seconds=10)


def speaking_until(valid_to: datetime | None) -> Directory:
    told = DelegationRow(delegate="platform-1", principal="fsp-1", valid_from=people.LONG_AGO, valid_to=valid_to)
    return replace(DIRECTORY, delegations=(told,))


@pytest.mark.parametrize(("after", "known"), [(9, True), (10, False), (60, False)])
def test_who_may_no_longer_speak_for_another_is_checked_in_full(after: int, known: bool) -> None:
    """The directory is the same all the time: its revision says nothing of a day that has come."""
    directory = speaking_until(UNTIL)
    for_another = signed(a_battery("platform-1", on_behalf_of="fsp-1"))
    taken = TakenLately()
    taken.note(Arrival(for_another, T0, "platform-1"), Door.PLATFORM, directory)
    later = Arrival(for_another, T0 + timedelta(seconds=after), "platform-1")
    assert taken.knows(later, Door.PLATFORM, directory, WINDOW) is known
    full = check(later, Door.PLATFORM, directory, WINDOW)
    assert isinstance(full, Admitted) is known


def test_the_last_are_remembered_and_no_more_than_twice_as_many() -> None:
    taken = TakenLately(remembered=10)
    fleet = [Arrival(MESSAGE.model_copy(update={"id": f"fleet-message-{n:04d}"}), T0) for n in range(1000)]
    for arrival in fleet:
        taken.note(arrival, Door.MQTT, DIRECTORY)
    known = [taken.knows(arrival, Door.MQTT, DIRECTORY, WINDOW) for arrival in fleet]
    assert all(known[-10:])
    assert sum(known) <= 20


@pytest.fixture
def publisher() -> KeptPublisher:
    return KeptPublisher()


@pytest.fixture
async def intake(engine: Engine, publisher: KeptPublisher) -> AsyncIterator[Intake]:
    watch = DirectoryWatch(engine)
    await watch.start()
    made = Intake(watch, Journal(publisher, SECRET), engine, settings("nowhere:9", "postgresql://nobody@/nowhere"))
    yield made
    await made.close()


def fleet_of(count: int) -> Sequence[Arrival]:
    return [Arrival(signed(a_battery("oem-1", f"O{n}"), avro_body=True), T0, "oem-1") for n in range(count)]


async def codes(intake: Intake, arrivals: Sequence[Arrival]) -> list[str]:
    return [answer.code for answer in await intake.accept(Door.MQTT, arrivals)]


async def test_what_is_new_among_repeats_goes_in_and_each_has_its_own_answer(
    intake: Intake, publisher: KeptPublisher
) -> None:
    old, new = fleet_of(4)[:2], fleet_of(4)[2:]
    assert await codes(intake, old) == ["accepted"] * 2
    forged = replace(old[0], message=old[0].message.model_copy(update={"signature": new[0].message.signature}))
    mixed = [old[0], new[0], forged, old[1], new[1], new[1]]
    assert await codes(intake, mixed) == [
        "duplicate", "accepted", "unauthenticated", "duplicate", "accepted", "accepted"
    ]  # fmt: skip
    assert len(publisher.kept) == 5


async def test_what_kafka_did_not_take_is_not_remembered(intake: Intake, publisher: KeptPublisher) -> None:
    publisher.away = True
    assert set(await codes(intake, fleet_of(2))) == {"busy"}
    publisher.away = False
    assert set(await codes(intake, fleet_of(2))) == {"accepted"}


async def test_a_fleet_that_comes_again_costs_a_part_of_what_it_cost_at_first(intake: Intake) -> None:
    fleet = fleet_of(500)

    async def cost(expected: str) -> float:
        began = time.process_time()
        assert set(await codes(intake, fleet)) == {expected}
        return time.process_time() - began

    new = await cost("accepted")
    again = min([await cost("duplicate") for _ in range(3)])
    print(f"a repeat costs {again / len(fleet) * 1e6:.0f} us, a new message {new / len(fleet) * 1e6:.0f} us")
    assert again < CHEAPER * new
