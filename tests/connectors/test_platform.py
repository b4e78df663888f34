"""The door of platforms that write straight into Kafka, on real Kafka and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors.platform import GROUP, PlatformDoor
from hub.embedded.kafka import EmbeddedKafka
from hub.processes import Door
from hub.publisher import Message, Publisher
from registry_store.engine import Engine
from schemas import avro, topics
from schemas.outbound import Receipt
from schemas.signed_message import SignedMessage
from tests.support import register
from tests.support.door import settings
from tests.support.journal import message_id, signed, signed_body
from tests.support.notifications import a_battery, a_claim
from tests.support.topic import Tail, tail
from tests.support.waiting import eventually


@pytest.fixture
async def incoming(kafka_server: EmbeddedKafka) -> AsyncIterator[Tail]:
    """What is put into the journal from now on."""
    async with tail(kafka_server.address, *topics.JOURNAL) as found:
        yield found


@pytest.fixture
async def platform(kafka_server: EmbeddedKafka) -> AsyncIterator[Publisher]:
    """What platforms publish with."""
    made = Publisher(kafka_server.address)
    yield made
    await made.close()


@asynccontextmanager
async def open_door(kafka: str, database: str, **others: float) -> AsyncIterator[None]:
    """The platform door at work, on what comes from now on."""
    await skip_what_is_there(kafka)
    given = settings(kafka, database, **others)
    parts = Door(given)
    await parts.start()
    running = asyncio.create_task(PlatformDoor(given, parts.intake, parts.engine).run())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await parts.close()


@pytest.fixture
async def door(kafka_server: EmbeddedKafka, database: str, incoming: Tail) -> AsyncIterator[None]:
    async with open_door(kafka_server.address, database):
        yield


async def skip_what_is_there(bootstrap: str) -> None:
    """A test may end before the door has committed what it took."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition(topics.platform_topic(name), 0) for name in ("platform-1", "platform-2")])
    await consumer.commit(await consumer.end_offsets(consumer.assignment()))
    await consumer.stop()


def now() -> datetime:
    return datetime.now(UTC)


async def put(platform: Publisher, whose: str, *values: bytes) -> None:
    await platform.publish([Message(topics.platform_topic(whose), None, value) for value in values])


async def refused(engine: Engine) -> list[Receipt]:
    rows = await register.outgoing(engine)
    return [avro.decode(r.value, Receipt) for r in rows if r.topic == topics.RECEIPTS]


@pytest.mark.usefixtures("door")
async def test_messages_go_into_the_journal_and_the_others_are_answered(
    platform: Publisher, incoming: Tail, engine: Engine
) -> None:
    own = [signed(a_battery("platform-1", f"P{n}"), at=now()) for n in range(3)]
    delegated = signed(a_battery("platform-1", on_behalf_of="fsp-1", market=a_claim("fsp-1")), at=now())
    late = signed(a_battery("platform-1", "late"), at=now() - timedelta(days=6))
    stale = signed(a_battery("platform-1", "stale"), at=now() - timedelta(days=8))
    foreign = signed(a_battery("installer-1"), at=now())
    beyond = signed(a_battery("platform-1", on_behalf_of="fsp-2"), at=now())
    broken = signed_body(b'{"type":"AssetUpdated"}', "platform-1", at=now())
    sent = [own[0], broken, own[1], delegated, foreign, beyond, stale, late, own[2]]
    noise = b"no signed message"
    await put(platform, "platform-1", *(avro.encode(m) for m in sent), noise)

    records = await incoming.next(5)
    assert {avro.decode(r.value, SignedMessage).id for r in records} == {m.id for m in (*own, delegated, late)}
    assert {r.topic for r in records} == {topics.BULK}

    async def all_answered() -> bool:
        return len(await refused(engine)) == 4

    await eventually(all_answered)
    answers = {r.message_id: r for r in await refused(engine)}
    assert {r.participant for r in answers.values()} == {"platform-1"}
    assert {mid: r.code for mid, r in answers.items()} == {
        broken.id: "payload_invalid",
        beyond.id: "scope_denied",
        stale.id: "stale",
        foreign.id: "unauthenticated",
    }
    assert any("sender_asset_ref" in reason for reason in answers[broken.id].reasons)
    kept = {row.code: row.envelope for row in await register.quarantine(engine)}
    assert set(kept) == {"payload_invalid", "scope_denied", "malformed"}
    assert kept["malformed"] == noise


@pytest.mark.usefixtures("door")
async def test_a_platform_cannot_use_anothers_topic(platform: Publisher, incoming: Tail, engine: Engine) -> None:
    stolen = signed(a_battery("platform-2"), at=now())
    await put(platform, "platform-1", avro.encode(stolen))

    async def answered() -> bool:
        return bool(await refused(engine))

    await eventually(answered)
    assert [r.code for r in await refused(engine)] == ["unauthenticated"]
    assert await incoming.nothing()


@pytest.mark.usefixtures("door")
async def test_a_repeat_in_the_topic_goes_in_once(platform: Publisher, incoming: Tail) -> None:
    message = avro.encode(signed(a_battery("platform-2"), at=now()))
    await put(platform, "platform-2", message)
    await incoming.next(1)
    await put(platform, "platform-2", message, avro.encode(signed(a_battery("platform-2", "other"), at=now())))
    (record,) = await incoming.next(1)
    assert avro.decode(record.value, SignedMessage).body.count(b'"other"') == 1


async def test_a_platform_above_its_quota_waits_in_its_own_topic(
    kafka_server: EmbeddedKafka, database: str, platform: Publisher, incoming: Tail, engine: Engine
) -> None:
    flood = [signed(a_battery("platform-1"), mid=message_id(f"F{n}{now():%H%M%S%f}"), at=now()) for n in range(30)]
    others = [signed(a_battery("platform-2", f"O{n}"), at=now()) for n in range(3)]
    async with open_door(kafka_server.address, database, participant_rate=10, participant_burst=10):
        await put(platform, "platform-1", *(avro.encode(m) for m in flood))
        await put(platform, "platform-2", *(avro.encode(m) for m in others))
        taken: list[str] = []
        while not {m.id for m in others} <= set(taken):
            taken += [avro.decode(r.value, SignedMessage).id for r in await incoming.next(1)]
        assert len(taken) < 33, "nobody waits for another"
        while len(taken) < 33:
            taken += [avro.decode(r.value, SignedMessage).id for r in await incoming.next(1)]
        assert await incoming.nothing()
    assert [t for t in taken if t not in {m.id for m in others}] == [m.id for m in flood], (
        "of one asset, in their order"
    )
    assert await refused(engine) == []
