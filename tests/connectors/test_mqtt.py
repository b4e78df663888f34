"""The MQTT door on a real broker, Kafka and PostgreSQL."""

import asyncio
import hashlib
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from connectors import intake
from connectors.delivery import RECEIPTS_GROUP, deliver_receipts
from connectors.mqtt import UNTAKEN, MqttDoor, _Delivery
from hub.embedded.kafka import EmbeddedKafka
from hub.embedded.mqtt import EmbeddedMqtt
from hub.embedded.mqtt_delivery import WINDOW
from hub.kafka import topic_ends
from hub.processes import Door
from hub.publisher import Message, Publisher
from registry_store.engine import Engine
from schemas import avro, topics
from schemas.outbound import Receipt
from schemas.signed_message import MAX_BODY_BYTES, SignedMessage
from schemas.vocabulary import ReceiptOutcome
from tests.support import parts, people, register
from tests.support.device import Device
from tests.support.device import a_device as connected
from tests.support.door import NO_KAFKA, settings
from tests.support.journal import ids, message_id, signed, signed_body
from tests.support.notifications import a_battery
from tests.support.topic import Tail, tail
from tests.support.waiting import eventually

HUB_PASSWORD = "the hub's own"
BROKER_SAYS_NOTHING_SECONDS = 7.0
"""Longer than the door waits before it looks again or says that it waits."""


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[EmbeddedMqtt]:
    """A broker that knows the hub and the cast."""
    secrets = {name: (people.identity(name).token, "participant") for name in people.KINDS}
    secrets["hub"] = (HUB_PASSWORD, "hub")
    logins = folder / "logins.json"
    logins.write_text(
        json.dumps(
            {
                name: {"password_sha256": hashlib.sha256(word.encode()).hexdigest(), "role": role}
                for name, (word, role) in secrets.items()
            }
        )
    )
    made = EmbeddedMqtt(folder, parts.say_nothing, logins)
    made.start()
    yield made
    made.stop()


@asynccontextmanager
async def open_door(
    kafka: str, database: str, broker: EmbeddedMqtt, *, with_directory: bool = True, **others: Any
) -> AsyncIterator[MqttDoor]:
    """The MQTT door, connected. Where PostgreSQL is away it has the directory that it read before."""
    inside = Door(settings(kafka, database, **others))
    if with_directory:
        await inside.start()
    else:
        inside.directory.current = people.directory()
    url = broker.address.replace("mqtt://", "mqtt://hub:the%20hub%27s%20own@")
    door = MqttDoor(url, inside.intake)
    running = asyncio.create_task(door.run())

    async def connected_to_broker() -> bool:
        return door.connected

    await eventually(connected_to_broker)
    try:
        yield door
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await inside.close()


@pytest.fixture
async def incoming(kafka_server: EmbeddedKafka) -> AsyncIterator[Tail]:
    """What is put into the journal from now on."""
    async with tail(kafka_server.address, *topics.JOURNAL) as found:
        yield found


@pytest.fixture
async def door(
    kafka_server: EmbeddedKafka, database: str, broker: EmbeddedMqtt, incoming: Tail
) -> AsyncIterator[MqttDoor]:
    async with open_door(kafka_server.address, database, broker) as made:
        yield made


@pytest.fixture
def device(broker: EmbeddedMqtt, door: MqttDoor) -> Iterator[Device]:
    """A maker's cloud, with the door open."""
    with connected(broker, "oem-1") as made:
        yield made


def a_message(ref: str = "O1", **told: Any) -> SignedMessage:
    return signed(a_battery("oem-1", ref, **told), at=datetime.now(UTC))


async def answers(device: Device, count: int) -> dict[str | None, tuple[int, str]]:
    """Status and code by message id, once so many are there."""
    found = await asyncio.to_thread(device.receipts, count)
    return {r["message_id"]: (r["status"], r["code"]) for r in found}


async def publish(device: Device, *payloads: bytes, topic: str | None = None, retain: bool = False) -> None:
    for payload in payloads:
        await asyncio.to_thread(device.publish, payload, topic, retain=retain)


async def test_a_message_is_accepted_and_lies_in_the_journal(device: Device, incoming: Tail) -> None:
    message = a_message()
    await publish(device, avro.encode(message))
    assert await answers(device, 1) == {message.id: (202, "accepted")}
    (record,) = await incoming.next(1)
    assert avro.decode(record.value, SignedMessage) == message
    assert dict(record.headers)["door"] == b"mqtt"
    assert record.topic == topics.INTAKE


async def test_each_has_its_answer_and_neighbours_are_untouched(device: Device, incoming: Tail, engine: Engine) -> None:
    good = [a_message(f"O{n}") for n in range(3)]
    broken = signed_body(b'{"type":"AssetUpdated"}', "oem-1", at=datetime.now(UTC))
    forged = good[0].model_copy(update={"id": message_id("forged")})
    foreign = signed(a_battery("oem-2"), at=datetime.now(UTC))
    reused = signed(a_battery("oem-1", "O1", phases=3), mid=good[1].id, at=datetime.now(UTC))
    sent = [good[0], broken, good[1], forged, foreign, good[0], reused, good[2]]
    await publish(device, *(avro.encode(m) for m in sent[:3]), b"noise", *(avro.encode(m) for m in sent[3:]))
    received = await asyncio.to_thread(device.receipts, 9)
    assert [(r["message_id"], r["status"], r["code"]) for r in received] == [
        (good[0].id, 202, "accepted"),
        (broken.id, 422, "payload_invalid"),
        (good[1].id, 202, "accepted"),
        (None, 400, "malformed"),
        (forged.id, 401, "unauthenticated"),
        (foreign.id, 401, "unauthenticated"),
        (good[0].id, received[6]["status"], received[6]["code"]),
        (good[1].id, 409, "id_reused_different_body"),
        (good[2].id, 202, "accepted"),
    ]
    assert received[6]["code"] in ("accepted", "duplicate")
    assert {row.code for row in await register.quarantine(engine)} == {"payload_invalid", "id_reused_different_body"}


async def test_a_payload_that_is_too_large_is_answered(device: Device) -> None:
    await publish(device, bytes(MAX_BODY_BYTES + 5000))
    assert await answers(device, 1) == {None: (413, "too_large")}


@pytest.mark.parametrize("topic", ["in", "in/", "in//battery", "in/Nobody's/battery", "in/" + "a" * 65_530], ids=len)
async def test_a_topic_that_is_no_participants_is_passed_over(device: Device, door: MqttDoor, topic: str) -> None:
    """`in/#` has `in` itself, too; a broker without access rules takes anything there."""
    told = _Delivery(topic, avro.encode(a_message("elsewhere")), mid=60_000, qos=1, connection=1)
    assert await door._settle([told]) == []
    message = a_message("after it")
    await publish(device, avro.encode(message))
    assert await answers(device, 1) == {message.id: (202, "accepted")}


async def test_re_announced_messages_are_duplicates(device: Device, incoming: Tail) -> None:
    fleet = [avro.encode(a_message(f"O{n}")) for n in range(5)]
    await publish(device, *fleet)
    assert {code for _, code in (await answers(device, 5)).values()} == {"accepted"}
    await publish(device, *fleet)
    assert {code for _, code in (await answers(device, 5)).values()} == {"duplicate"}
    await incoming.next(5)
    assert await incoming.nothing()


async def test_while_kafka_is_away_nothing_is_acknowledged_and_nothing_is_lost(
    kafka_server: EmbeddedKafka, database: str, broker: EmbeddedMqtt, incoming: Tail
) -> None:
    message = a_message("while away")
    with connected(broker, "oem-1") as device:
        async with open_door(NO_KAFKA, database, broker):
            await publish(device, avro.encode(message))
            await asyncio.sleep(0.5)
            assert device.hears_nothing()
        # The door went without a word; the broker has kept the message in its session.
        async with open_door(kafka_server.address, database, broker):
            assert await answers(device, 1) == {message.id: (202, "accepted")}
    assert len(await incoming.next(1)) == 1


async def test_who_is_above_its_quota_is_told_and_does_not_make_the_others_wait(
    kafka_server: EmbeddedKafka, database: str, broker: EmbeddedMqtt, incoming: Tail
) -> None:
    flood = [a_message(f"F{n}") for n in range(8)]
    others = [signed(a_battery("oem-2", f"O{n}"), at=datetime.now(UTC)) for n in range(3)]
    with connected(broker, "oem-1") as flooding, connected(broker, "oem-2") as other:
        async with open_door(kafka_server.address, database, broker, participant_rate=0.001, participant_burst=5):
            await publish(flooding, *(avro.encode(m) for m in flood))
            await publish(other, *(avro.encode(m) for m in others))
            assert await answers(other, 3) == {m.id: (202, "accepted") for m in others}
            received = await asyncio.to_thread(flooding.receipts, 8)
            assert [(r["message_id"], r["status"], r.get("retry_after")) for r in received] == [
                *((m.id, 202, None) for m in flood[:5]),
                *((m.id, 429, 2) for m in flood[5:]),
            ]
        async with open_door(kafka_server.address, database, broker):
            await publish(flooding, *(avro.encode(m) for m in flood[5:]))
            assert await answers(flooding, 3) == {m.id: (202, "accepted") for m in flood[5:]}
    assert ids(await incoming.next(11)) == {m.id for m in (*flood, *others)}


async def test_what_cannot_be_set_aside_now_is_told_so_and_holds_up_nobody(
    kafka_server: EmbeddedKafka, database: str, broker: EmbeddedMqtt, incoming: Tail, tmp_path: Path
) -> None:
    """One sender's, more than the door takes at once and than the broker hands out without an acknowledgement."""
    nowhere = f"postgresql://postgres@/nowhere?host={tmp_path}"
    wrong = [
        signed_body(b'{"type":"AssetUpdated"}', "oem-2", message_id(f"wrong-{n}"), datetime.now(UTC))
        for n in range(WINDOW + 50)
    ]
    good = [a_message(f"while PostgreSQL is away {n}") for n in range(3)]
    with connected(broker, "oem-2") as mistaken, connected(broker, "oem-1") as other:
        async with open_door(kafka_server.address, nowhere, broker, with_directory=False):
            await publish(mistaken, *(avro.encode(m) for m in wrong))
            await publish(other, *(avro.encode(m) for m in good))
            assert await answers(other, 3) == {m.id: (202, "accepted") for m in good}
            received = await asyncio.to_thread(mistaken.receipts, len(wrong))
            assert {(r["status"], r["code"], r["retry_after"]) for r in received} == {(503, "busy", 2)}
        async with open_door(kafka_server.address, database, broker):
            await publish(mistaken, avro.encode(wrong[0]))
            assert await answers(mistaken, 1) == {wrong[0].id: (422, "payload_invalid")}
    assert ids(await incoming.next(3)) == {m.id for m in good}
    assert await incoming.nothing()


async def test_an_error_while_something_is_set_aside_is_its_senders_alone(
    device: Device, door: MqttDoor, engine: Engine
) -> None:
    wrong, good = signed_body(b'{"type":"AssetUpdated"}', "oem-1", at=datetime.now(UTC)), a_message("beside it")
    async with engine.begin() as changing:
        await changing.execute(text("ALTER TABLE quarantine RENAME TO quarantine_elsewhere"))
    try:
        await publish(device, avro.encode(wrong), avro.encode(good))
        assert await answers(device, 2) == {wrong.id: (503, "busy"), good.id: (202, "accepted")}
    finally:
        async with engine.begin() as changing:
            await changing.execute(text("ALTER TABLE quarantine_elsewhere RENAME TO quarantine"))
    await publish(device, avro.encode(wrong))
    assert await answers(device, 1) == {wrong.id: (422, "payload_invalid")}


async def test_a_database_that_does_not_answer_holds_up_nobody_for_what_is_to_be_set_aside(
    device: Device, door: MqttDoor, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "SET_ASIDE_SECONDS", 0.5)
    wrong, good = signed_body(b'{"type":"AssetUpdated"}', "oem-1", at=datetime.now(UTC)), a_message("beside a lock")
    async with engine.begin() as holding:
        await holding.execute(text("LOCK TABLE quarantine IN ACCESS EXCLUSIVE MODE"))
        await publish(device, avro.encode(wrong), avro.encode(good))
        assert await answers(device, 2) == {wrong.id: (503, "busy"), good.id: (202, "accepted")}
    await publish(device, avro.encode(wrong))
    assert await answers(device, 1) == {wrong.id: (422, "payload_invalid")}


async def test_what_comes_while_the_door_is_closed_waits_for_it(
    kafka_server: EmbeddedKafka, database: str, broker: EmbeddedMqtt, incoming: Tail
) -> None:
    async with open_door(kafka_server.address, database, broker):
        pass
    message = a_message("while closed")
    with connected(broker, "oem-1") as device:
        await publish(device, avro.encode(message))
        async with open_door(kafka_server.address, database, broker):
            assert await answers(device, 1) == {message.id: (202, "accepted")}


def an_outcome(participant: str = "oem-1") -> Receipt:
    return Receipt(
        participant=participant,
        message_id=message_id(datetime.now(UTC).strftime("%H%M%S%f")),
        outcome=ReceiptOutcome.REGISTERED,
        recorded_at=datetime.now(UTC),
    )


async def put_out(address: str, *outcomes: Receipt) -> None:
    """Into the topic from which receipts are delivered."""
    publisher = Publisher(address)
    await publisher.publish([Message(topics.RECEIPTS, b"k", avro.encode(r)) for r in outcomes])
    await publisher.close()


async def heard(device: Device, outcome: Receipt) -> dict[str, Any]:
    """The outcome, after whatever was delivered before it."""
    while True:
        (found,) = await asyncio.to_thread(device.receipts, 1)
        if found["message_id"] == outcome.message_id:
            return found


async def undelivered(address: str) -> int:
    """How many receipts are not noted as delivered."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        noted = await admin.list_consumer_group_offsets(RECEIPTS_GROUP)
    finally:
        await admin.close()
    ((at, end),) = (await topic_ends(address, topics.RECEIPTS)).items()
    return end - (noted[at].offset if at in noted else 0)


@asynccontextmanager
async def delivering(address: str, door: MqttDoor) -> AsyncIterator[None]:
    """Receipts are delivered meanwhile, and nothing has ended that by the end."""
    task = asyncio.create_task(deliver_receipts(address, door))
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def all_are_noted(address: str) -> None:
    async def none_is_left() -> bool:
        return await undelivered(address) == 0

    await eventually(none_is_left)


async def test_outcomes_are_delivered_to_their_participant(
    kafka_server: EmbeddedKafka, device: Device, door: MqttDoor
) -> None:
    outcome = an_outcome()
    await put_out(kafka_server.address, an_outcome("oem-2"), outcome)
    async with delivering(kafka_server.address, door):
        found = await heard(device, outcome)
        assert (found["participant"], found["outcome"]) == ("oem-1", "registered")
        await all_are_noted(kafka_server.address)


async def test_an_outcome_that_is_for_no_participant_is_passed_over(
    kafka_server: EmbeddedKafka, device: Device, door: MqttDoor
) -> None:
    """The platform door answers whoever owns a topic, and its name may be anything."""
    outcome = an_outcome()
    nobodys = an_outcome().model_copy(update={"participant": "Nobody's/#"})
    await put_out(kafka_server.address, nobodys, outcome)
    async with delivering(kafka_server.address, door):
        await heard(device, outcome)
        await all_are_noted(kafka_server.address)


async def test_what_the_broker_has_not_taken_is_not_noted_as_delivered(
    kafka_server: EmbeddedKafka, device: Device, door: MqttDoor, broker: EmbeddedMqtt
) -> None:
    outcome = an_outcome()
    async with delivering(kafka_server.address, door):
        await all_are_noted(kafka_server.address)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            await put_out(kafka_server.address, outcome)
            await asyncio.sleep(BROKER_SAYS_NOTHING_SECONDS)
            assert await undelivered(kafka_server.address) == 1
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        await heard(device, outcome)
        await all_are_noted(kafka_server.address)


async def test_a_broker_that_is_away_is_waited_for_with_what_is_to_be_delivered(
    kafka_server: EmbeddedKafka, door: MqttDoor, broker: EmbeddedMqtt
) -> None:
    outcome = an_outcome()
    async with delivering(kafka_server.address, door):
        await all_are_noted(kafka_server.address)
        broker.stop()
        try:

            async def away() -> bool:
                return not door.connected

            await eventually(away)
            await put_out(kafka_server.address, outcome)
            await asyncio.sleep(2)
            assert await undelivered(kafka_server.address) == 1
        finally:
            broker.start()
        with connected(broker, "oem-1") as device:
            await heard(device, outcome)
            await all_are_noted(kafka_server.address)


async def test_a_broker_that_is_away_with_many_receipts_untaken_does_not_end_the_door() -> None:
    inside = Door(settings(NO_KAFKA, "postgresql://nobody@/nowhere"))
    door = MqttDoor("mqtt://127.0.0.1:1", inside.intake)
    for number in range(UNTAKEN + 1):
        door.publish_receipt("oem-1", {"number": number})
    assert await door._settle([]) == []
    await inside.close()
