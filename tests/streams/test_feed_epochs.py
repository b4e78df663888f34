"""A register that was set back tells again, in a new epoch, what its topics have and it does not know of."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import uuid_utils.compat as uuid
from aiokafka import ConsumerRecord
from sqlalchemy import text

from hub.embedded.kafka import EmbeddedKafka
from hub.publisher import Message, Publisher
from hub.rules import feed_epochs as epochs
from hub.services.feed_epoch import Told
from registry_store import feed_epochs, outbox
from registry_store.engine import Engine, transaction
from registry_store.outbox import Outgoing
from schemas import topics
from streams.relay import Relay
from tests.support.door import Client, open_door, settings, token
from tests.support.notifications import T0
from tests.support.topic import Tail, tail


@pytest.fixture
async def changes(kafka_server: EmbeddedKafka) -> AsyncIterator[Tail]:
    """What is published on the topic of changes from now on."""
    async with tail(kafka_server.address, topics.CHANGES) as found:
        yield found


@pytest.fixture
async def client(kafka_server: EmbeddedKafka, database: str) -> AsyncIterator[Client]:
    async with open_door(settings(kafka_server.address, database)) as made:
        yield made


async def tell(engine: Engine, bootstrap: str, count: int, changes: Tail, published: int) -> list[Told]:
    """Puts events into the outbox; gives what a relay then publishes."""
    rows = [Outgoing(uuid.uuid7(), topics.CHANGES, b"key", b"value", None, None, T0) for _ in range(count)]
    async with transaction(engine) as connection:
        await outbox.add(connection, rows)
    relay = Relay(settings(bootstrap, str(engine.url.render_as_string(hide_password=False)).replace("+asyncpg", "")))
    running = asyncio.create_task(relay.run())
    try:
        found: Sequence[ConsumerRecord] = await changes.next(published, within=60)
        assert await changes.nothing()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await relay.close()
    return [event for record in found if (event := Told.read(record)) is not None]


async def set_back(engine: Engine, seq: int, epoch: int) -> None:
    """The register as it was when it had given this number in this epoch."""
    async with transaction(engine) as connection:
        await connection.execute(text("DELETE FROM outbox WHERE feed_seq > :seq"), {"seq": seq})
        await connection.execute(text("UPDATE feed SET last_seq = :seq, published_seq = :seq"), {"seq": seq})
        await connection.execute(text("DELETE FROM feed_epoch WHERE epoch > :epoch"), {"epoch": epoch})


async def state(engine: Engine) -> tuple[int, dict[int, str]]:
    """The present epoch, and what the register says is under each number."""
    async with transaction(engine) as connection:
        known = await feed_epochs.events(connection, topics.CHANGES, range(1, 100))
        return epochs.present(await feed_epochs.starts(connection)), {n: str(event) for n, event in known.items()}


def as_a_subscriber_has_it(told: Sequence[Told]) -> dict[int, str]:
    """Who drops, at the first event of a new epoch, what has its number or a larger one."""
    held: dict[int, str] = {}
    epoch = 0
    for event in told:
        if event.epoch > epoch:
            epoch, held = event.epoch, {n: e for n, e in held.items() if n < event.seq}
        held.setdefault(event.seq, event.event_id)
    return held


async def test_numbers_go_on_in_a_new_epoch_and_subscribers_come_to_what_the_register_has(
    kafka_server: EmbeddedKafka, engine: Engine, changes: Tail
) -> None:
    bootstrap = kafka_server.address
    told = await tell(engine, bootstrap, 10, changes, 10)
    first, _ = await state(engine)

    await set_back(engine, 6, first)
    told += await tell(engine, bootstrap, 3, changes, 3)

    assert [(t.epoch, t.seq) for t in told[10:]] == [(first + 1, 7), (first + 1, 8), (first + 1, 9)]
    assert as_a_subscriber_has_it(told) == (await state(engine))[1]

    # To a time before the first restore: what the second epoch made void counts again, and is told again.
    async with transaction(engine) as connection:
        await connection.execute(text("DELETE FROM outbox WHERE feed_seq > 6"))
        for event in told[6:8]:
            await connection.execute(
                text(
                    "INSERT INTO outbox (event_id, topic, key, value, created_at, feed_seq)"
                    " VALUES (:event, :topic, '', '', now(), :seq)"
                ),
                {"event": uuid.UUID(event.event_id), "topic": topics.CHANGES, "seq": event.seq},
            )
    await set_back(engine, 8, first)
    told += await tell(engine, bootstrap, 2, changes, 4)

    assert [(t.epoch, t.seq) for t in told[13:]] == [(first + 2, n) for n in (7, 8, 9, 10)]
    assert as_a_subscriber_has_it(told) == (await state(engine))[1]


async def test_an_epoch_does_not_begin_again_when_another_relay_takes_the_lead(
    kafka_server: EmbeddedKafka, engine: Engine, changes: Tail
) -> None:
    bootstrap = kafka_server.address
    await tell(engine, bootstrap, 3, changes, 3)
    first, _ = await state(engine)
    await tell(engine, bootstrap, 1, changes, 1)
    await set_back(engine, 2, first)
    await tell(engine, bootstrap, 0, changes, 0)
    await tell(engine, bootstrap, 0, changes, 0)
    (told,) = await tell(engine, bootstrap, 1, changes, 1)
    assert (told.epoch, told.seq) == (first + 1, 3)
    assert (await state(engine))[0] == first + 1


async def test_a_reader_over_http_is_told_from_where_on_to_read_again(
    client: Client, kafka_server: EmbeddedKafka, engine: Engine, changes: Tail
) -> None:
    await tell(engine, kafka_server.address, 5, changes, 5)
    before, _ = await state(engine)
    await set_back(engine, 2, before)
    await tell(engine, kafka_server.address, 1, changes, 1)

    async def ask(query: str) -> tuple[int, dict[str, object]]:
        answer = await client.get(f"/v1/changes?{query}", headers=token("admin"))
        return answer.status, await answer.json()

    status, problem = await ask(f"after=5&epoch={before}")
    assert (status, problem["code"], problem["after"], problem["epoch"]) == (410, "feed_restarted", 2, before + 1)
    assert (await ask("after=5"))[0] == 410, "also of who does not know of epochs, where it shows"
    for still_good in (f"after=2&epoch={before}", f"after=3&epoch={before + 1}", "after=0"):
        assert (await ask(still_good))[0] == 200
    assert (await ask("after=0"))[1]["epoch"] == before + 1


async def test_a_record_that_no_relay_has_put_there_holds_up_no_feed(
    engine: Engine, kafka_server: EmbeddedKafka, changes: Tail
) -> None:
    publisher = Publisher(kafka_server.address)
    await publisher.publish([Message(topics.CHANGES, b"key", b"a stranger's", ())])
    await publisher.close()
    assert len(await changes.next(1, within=60)) == 1
    assert len(await tell(engine, kafka_server.address, 3, changes, published=3)) == 3
