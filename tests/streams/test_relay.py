"""From the outbox to the topics on real Kafka and PostgreSQL: whole, in order, and under one leader."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import pytest
import uuid_utils.compat as uuid
from aiokafka import ConsumerRecord
from sqlalchemy import text

from hub.embedded.kafka import EmbeddedKafka
from hub.errors import Unavailable
from hub.publisher import Message, Publisher
from hub.services import feed_epoch
from registry_store import leadership, outbox
from registry_store.engine import Engine, transaction
from registry_store.outbox import Outgoing
from schemas import avro, topics
from schemas.outbound import AssetChanged, SystemOperatorNotice
from streams import relay
from streams.relay import Relay
from tests.support import register
from tests.support.door import NO_KAFKA, settings
from tests.support.journal import JournalBuilder
from tests.support.notifications import T0, a_device, an_update
from tests.support.topic import Tail, tail
from tests.support.waiting import eventually


@asynccontextmanager
async def relays(*made: Relay) -> AsyncIterator[None]:
    """Relays at work."""
    running = [asyncio.create_task(relay.run()) for relay in made]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for relay in made:
            await relay.close()


@pytest.fixture
async def changes(kafka_server: EmbeddedKafka) -> AsyncIterator[Tail]:
    """What is published on the topic of changes from now on."""
    async with tail(kafka_server.address, topics.CHANGES) as found:
        yield found


def header(record: ConsumerRecord, name: str) -> str:
    return str(dict(record.headers)[name], "ascii")


def numbers(records: Iterable[ConsumerRecord]) -> list[int]:
    return [int(header(record, "feed-seq")) for record in records]


async def add(engine: Engine, count: int) -> None:
    rows = [Outgoing(uuid.uuid7(), topics.CHANGES, b"key", b"value", None, None, T0) for _ in range(count)]
    async with transaction(engine) as connection:
        await outbox.add(connection, rows)


async def everything_is_published(engine: Engine) -> bool:
    async with transaction(engine) as connection:
        return await outbox.waiting(connection) == 0


async def test_a_change_reaches_its_topics_as_the_outbox_has_it(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, journal: JournalBuilder, changes: Tail
) -> None:
    await register.put(engine, journal.entries(a_device(), an_update(phases=3)))
    async with (
        tail(kafka_server.address, topics.system_operator_topic("eastern")) as eastern,
        relays(Relay(settings(kafka_server.address, database))),
    ):
        published = await changes.next(2)
        told = await eastern.next(2)
    assert [avro.decode(r.value, AssetChanged) for r in published] == await register.changes(engine)
    assert [avro.decode(r.value, SystemOperatorNotice) for r in told] == await register.notices(engine, "eastern")
    asset = await register.state(engine)
    assert [header(r, "asset-id") for r in published] == [str(asset.asset_id)] * 2
    assert [header(r, "asset-version") for r in published] == ["1", "2"]
    assert [header(r, "event-id") for r in published] == [str(c.event_id) for c in await register.changes(engine)]
    assert numbers(published) == numbers(told) == [1, 2]
    assert {r.key for r in published} == {asset.asset_id.bytes}


async def test_two_relays_publish_everything_once_and_in_order(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, changes: Tail
) -> None:
    given = settings(kafka_server.address, database)
    async with relays(Relay(given), Relay(given)):
        for _ in range(10):
            await add(engine, 30)
        published = await changes.next(300)
        assert await changes.nothing()
    assert numbers(published) == list(range(1, 301))


async def test_when_the_leader_loses_its_connection_the_feed_stays_whole(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, changes: Tail
) -> None:
    given = settings(kafka_server.address, database)
    async with relays(Relay(given), Relay(given)):
        for _ in range(4):
            await add(engine, 50)
            async with transaction(engine) as connection:
                await connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_locks"
                        " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
                    )
                )
        await eventually(lambda: everything_is_published(engine))
        published = await changes.next(200)
    # What was published and not yet marked comes again, with the same number and the same event.
    assert sorted(set(numbers(published))) == list(range(1, 201))
    assert len({(header(r, "feed-seq"), header(r, "event-id")) for r in published}) == 200


async def test_what_was_published_and_not_marked_comes_again_with_its_number(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, changes: Tail
) -> None:
    await add(engine, 3)
    async with relays(Relay(settings(kafka_server.address, database))):
        first = await changes.next(3)
        await eventually(lambda: everything_is_published(engine))
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE feed SET published_seq = 1"))
    async with relays(Relay(settings(kafka_server.address, database))):
        again = await changes.next(2)
    assert numbers(again) == [2, 3]
    assert [header(r, "event-id") for r in again] == [header(r, "event-id") for r in first[1:]]


async def test_what_an_earlier_leader_has_numbered_goes_out_before_what_is_new(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, changes: Tail
) -> None:
    await add(engine, 5)
    await register.number(engine, limit=3)
    async with relays(Relay(settings(kafka_server.address, database))):
        assert numbers(await changes.next(5)) == [1, 2, 3, 4, 5]
        await eventually(lambda: everything_is_published(engine))
        assert await changes.nothing()


async def test_a_round_of_any_size_goes_out_in_its_order(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, changes: Tail
) -> None:
    sizes = [outbox.LARGEST_VALUE_BYTES, 10, 200_000, 200_000, 200_000, 10, outbox.LARGEST_VALUE_BYTES, 10]
    rows = [Outgoing(uuid.uuid7(), topics.CHANGES, b"key", bytes(size), None, None, T0) for size in sizes]
    async with transaction(engine) as connection:
        await outbox.add(connection, rows)
    async with relays(Relay(settings(kafka_server.address, database))):
        published = await changes.next(len(sizes))
    assert numbers(published) == list(range(1, len(sizes) + 1))
    assert [len(record.value) for record in published] == sizes


async def test_a_slow_kafka_costs_nobody_the_lead(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, changes: Tail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "IDLE_SECONDS", 1.0)
    monkeypatch.setattr(relay, "CONFIRM_SECONDS", 0.1)
    usual = Publisher.publish

    async def slow(publisher: Publisher, messages: Sequence[Message]) -> None:
        await asyncio.sleep(2)
        await usual(publisher, messages)

    monkeypatch.setattr(Publisher, "publish", slow)
    await add(engine, 3)
    async with relays(Relay(settings(kafka_server.address, database))):
        assert numbers(await changes.next(3)) == [1, 2, 3]
        await eventually(lambda: everything_is_published(engine))
        assert await changes.nothing()


async def test_while_kafka_is_away_it_waits_and_then_goes_on(
    kafka_server: EmbeddedKafka, database: str, engine: Engine, changes: Tail
) -> None:
    await add(engine, 3)
    await register.number(engine)
    with pytest.raises(Unavailable, match="Kafka"):
        await feed_epoch.settle(engine, NO_KAFKA, T0)
    assert not await everything_is_published(engine)
    async with relays(Relay(settings(kafka_server.address, database))):
        assert numbers(await changes.next(3)) == [1, 2, 3]
