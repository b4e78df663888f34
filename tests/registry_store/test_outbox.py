"""Numbers without gaps, in one order a topic, whoever writes at the same time and whatever fails."""

import asyncio
import random

import pytest
import uuid_utils.compat as uuid
from sqlalchemy import text

from registry_store import outbox
from registry_store.engine import Engine, transaction
from registry_store.outbox import Outgoing, TooLarge
from tests.support import register
from tests.support.notifications import T0

TOPICS = ("fmar.changes", "fmar.so.neso")


def a_row(topic: str = TOPICS[0], value: bytes = b"value") -> Outgoing:
    return Outgoing(uuid.uuid7(), topic, b"key", value, None, None, T0)


async def add(engine: Engine, *rows: Outgoing) -> None:
    async with transaction(engine) as connection:
        await outbox.add(connection, rows)


async def numbers(engine: Engine) -> dict[str, list[int | None]]:
    """Numbers of every topic's rows in the order in which they were put in."""
    rows = await register.outgoing(engine)
    return {topic: [r.feed_seq for r in rows if r.topic == topic] for topic in TOPICS}


async def test_every_topic_counts_from_one(engine: Engine) -> None:
    await add(engine, *(a_row(t) for t in (TOPICS[0], TOPICS[1], TOPICS[0])))
    assert await register.number(engine) == 3
    assert await numbers(engine) == {TOPICS[0]: [1, 2], TOPICS[1]: [1]}
    assert await register.feeds(engine) == {TOPICS[0]: 2, TOPICS[1]: 1}


async def test_numbering_again_gives_none(engine: Engine) -> None:
    await add(engine, a_row())
    await register.number(engine)
    assert await register.number(engine) == 0
    assert await numbers(engine) == {TOPICS[0]: [1], TOPICS[1]: []}


async def test_numbers_go_on_over_batches(engine: Engine) -> None:
    await add(engine, *(a_row() for _ in range(5)))
    assert [await register.number(engine, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert (await numbers(engine))[TOPICS[0]] == [1, 2, 3, 4, 5]


async def test_a_row_that_commits_late_gets_the_next_number(engine: Engine) -> None:
    async with transaction(engine) as late:
        await outbox.add(late, [a_row()])
        await add(engine, a_row())
        await register.number(engine)
    await register.number(engine)
    assert (await numbers(engine))[TOPICS[0]] == [2, 1]


async def test_what_waits_is_published_in_the_order_of_its_numbers(engine: Engine) -> None:
    async with transaction(engine) as late:
        await outbox.add(late, [a_row()])
        await add(engine, a_row())
        await register.number(engine)
    await register.number(engine)
    async with transaction(engine) as connection:
        assert [r.feed_seq for r in await outbox.unpublished(connection, 10)] == [1, 2]
        assert [r.feed_seq for r in await outbox.unpublished(connection, 1)] == [1]


async def test_no_gap_under_writers_some_of_whom_fail(engine: Engine) -> None:
    rng = random.Random(7)
    done = asyncio.Event()

    async def write(number: int) -> None:
        fails, rows = number % 3 == 0, [a_row(rng.choice(TOPICS)) for _ in range(3)]
        try:
            async with transaction(engine) as connection:
                await outbox.add(connection, rows)
                await asyncio.sleep(rng.random() / 50)
                if fails:
                    raise RuntimeError("this one fails")
        except RuntimeError:
            return

    async def give_numbers() -> None:
        while not done.is_set():
            await register.number(engine, limit=4)
            await asyncio.sleep(0)

    numbering = asyncio.create_task(give_numbers())
    await asyncio.gather(*(write(n) for n in range(30)))
    done.set()
    await numbering
    await register.number(engine)
    found = await numbers(engine)
    given = {topic: sorted(n for n in seqs if n is not None) for topic, seqs in found.items()}
    assert given == {topic: list(range(1, len(seqs) + 1)) for topic, seqs in found.items()}
    assert sum(len(seqs) for seqs in found.values()) == 20 * 3


async def test_two_that_give_numbers_at_once_leave_no_gap(engine: Engine) -> None:
    await add(engine, *(a_row() for _ in range(40)))
    given = await asyncio.gather(*(register.number(engine, limit=15) for _ in range(4)))
    assert sum(given) == 40
    assert (await numbers(engine))[TOPICS[0]] == list(range(1, 41))


async def test_what_is_marked_is_not_published_again(engine: Engine) -> None:
    await add(engine, a_row(), a_row())
    await register.number(engine)
    async with transaction(engine) as connection:
        first, second = await outbox.unpublished(connection, 10)
        await outbox.mark_published(connection, {first.topic: first.feed_seq})
        assert await outbox.unpublished(connection, 10) == [second]
        assert await outbox.waiting(connection) == 1
        assert await outbox.published(connection) == 1


async def test_what_is_numbered_and_not_marked_is_found_page_by_page(engine: Engine) -> None:
    await add(engine, *(a_row(TOPICS[n % 2]) for n in range(9)))
    await register.number(engine)
    found = []
    async with transaction(engine) as connection:
        while page := await outbox.unpublished(connection, 4):
            found += [(row.topic, row.feed_seq) for row in page]
            await outbox.mark_published(connection, {row.topic: row.feed_seq for row in page})
    assert found == [(TOPICS[0], n) for n in range(1, 6)] + [(TOPICS[1], n) for n in range(1, 5)]


async def test_a_mark_that_comes_late_takes_nothing_back(engine: Engine) -> None:
    await add(engine, a_row(), a_row())
    await register.number(engine)
    async with transaction(engine) as connection:
        await outbox.mark_published(connection, {TOPICS[0]: 2})
        await outbox.mark_published(connection, {TOPICS[0]: 1})
        assert await outbox.waiting(connection) == 0


async def test_what_kafka_would_not_take_is_refused(engine: Engine) -> None:
    with pytest.raises(TooLarge):
        await add(engine, a_row(value=bytes(outbox.LARGEST_VALUE_BYTES + 1)))
    await add(engine, a_row(value=bytes(outbox.LARGEST_VALUE_BYTES)))
    assert len(await register.outgoing(engine)) == 1


async def test_a_number_cannot_be_given_twice(engine: Engine) -> None:
    await add(engine, a_row(), a_row())
    with pytest.raises(Exception, match="uq_outbox_topic_feed_seq"):
        async with transaction(engine) as connection:
            await connection.execute(text("UPDATE outbox SET feed_seq = 1"))
