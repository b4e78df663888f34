"""Each guard against loss and repetition, with it and without it: with it all is well; without it the checks say so.

Of taking batches with `take()` the same is shown in `test_take_is_noticed`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
import uuid_utils.compat as uuid

from hub.embedded.kafka import EmbeddedKafka
from hub.errors import Unavailable
from hub.publisher import Message, Publisher
from hub.services import journal_identity
from hub.services.verify import _Feed
from registry_store import inbox, journal_progress, outbox, reconciliation
from registry_store.engine import Connection, Engine, transaction
from registry_store.inbox import Key
from registry_store.journal_progress import Partition
from registry_store.outbox import Outgoing
from schemas import topics
from schemas.records.journal import InboxRow
from streams import relay
from streams.relay import BATCH, Relay, Rounds, _message
from tests.faults.checker import repeated
from tests.faults.trial import Trial
from tests.streams import dying
from tests.streams.test_guard import a_guard
from tests.streams.test_relay import everything_is_published, relays
from tests.support import register
from tests.support.door import settings
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, a_battery
from tests.support.topic import Tail, tail
from tests.support.waiting import eventually

with_and_without = pytest.mark.parametrize("guarded", [True, False], ids=["with it", "without it"])


@pytest.fixture(autouse=True)
def the_journal_is_the_one_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_identity, "check", dying.the_journal_is_the_one_of_before)


# The watermark


async def unchecked_watermarks(connection: Connection, partitions: list[Partition]) -> dict[Partition, int]:
    """As if nothing had been registered yet."""
    await journal_progress.watermarks(connection)
    return dict.fromkeys(partitions, -1)


@pytest.mark.fault("guards")
@with_and_without
async def test_a_worker_that_wakes_with_an_old_batch(
    database: str,
    engine: Engine,
    journal: JournalBuilder,
    monkeypatch: pytest.MonkeyPatch,
    noted: Trial,
    guarded: bool,
) -> None:
    """It had begun the batch before it stood still; another has registered that batch and more meanwhile."""
    records = [journal.record(a_battery(ref=f"b{n}"), message_id(f"zombie-{n}"), partition=0) for n in range(10)]
    awake = asyncio.Event()
    async with a_guard(database) as zombie, a_guard(database) as successor:
        usual = zombie._commit

        async def later(*arguments: object) -> None:
            await awake.wait()
            await usual(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(zombie, "_commit", later)
        woken = asyncio.create_task(zombie.handle(records[:4]))
        await successor.handle(records)
        if not guarded:
            monkeypatch.setattr(journal_progress, "lock_watermarks", unchecked_watermarks)
        awake.set()
        await woken
    async with transaction(engine) as connection:
        done = await journal_progress.watermarks(connection)
    assert (done[records[-1].at] == records[-1].offset) is guarded
    assert await repeated(engine) == [], "the inbox is a second guard"
    noted.tried("watermark check" if guarded else "watermark check taken out")


# The inbox


async def unchecked_inbox(_: Connection, rows: Sequence[InboxRow]) -> set[Key]:
    """As if no message had come before."""
    return {(row.sender, row.message_id) for row in rows}


@pytest.mark.fault("guards")
@with_and_without
async def test_a_message_that_lies_in_the_journal_twice(
    database: str,
    engine: Engine,
    journal: JournalBuilder,
    monkeypatch: pytest.MonkeyPatch,
    noted: Trial,
    guarded: bool,
) -> None:
    told = [(a_battery(ref="b1", phases=phases), message_id(f"twice-{phases}")) for phases in (1, 3)]
    records = [journal.record(notice, mid, partition=0) for notice, mid in (*told, *told)]
    if not guarded:
        monkeypatch.setattr(inbox, "put", unchecked_inbox)
    async with a_guard(database) as worker:
        await worker.handle(records[:2])
        before = await register.everything(engine)
        await worker.handle(records[2:])
    assert (await register.everything(engine) == before) is guarded, "to its receipt, each had its effect once"
    noted.tried("inbox check" if guarded else "inbox check taken out")


# The commit before the publication


class HastyRounds(Rounds):
    """Publishes before it commits the numbers that it has given."""

    async def step(self) -> bool:
        async with self._leader.transaction() as connection:
            rows = await outbox.number(connection, BATCH)
            if not rows:
                return False
            await self._publisher.publish([_message(row, self._epoch) for row in rows])
            await outbox.mark_published(connection, {row.topic: row.feed_seq for row in rows})
        return True


def an_event() -> Outgoing:
    return Outgoing(uuid.uuid7(), topics.CHANGES, b"key", b"value", None, None, T0)


@pytest.fixture
async def changes(kafka_server: EmbeddedKafka) -> AsyncIterator[Tail]:
    async with tail(kafka_server.address, topics.CHANGES) as found:
        yield found


def dies_once(published: asyncio.Event) -> Callable[[Publisher, Sequence[Message]], Awaitable[None]]:
    """Publishing that succeeds, after which its process is gone the first time."""
    usual = Publisher.publish

    async def publish(publisher: Publisher, messages: Sequence[Message]) -> None:
        await usual(publisher, messages)
        if not published.is_set():
            published.set()
            raise Unavailable("the relay died here")

    return publish


@pytest.mark.fault("guards")
@with_and_without
async def test_a_relay_that_dies_after_publishing_while_an_earlier_row_is_not_committed(
    kafka_server: EmbeddedKafka,
    database: str,
    engine: Engine,
    changes: Tail,
    monkeypatch: pytest.MonkeyPatch,
    noted: Trial,
    guarded: bool,
) -> None:
    published = asyncio.Event()
    monkeypatch.setattr(Publisher, "publish", dies_once(published))
    if not guarded:
        monkeypatch.setattr(relay, "Rounds", HastyRounds)
    async with relays(Relay(settings(kafka_server.address, database))):
        async with transaction(engine) as slow:
            await outbox.add(slow, [an_event()])
            async with transaction(engine) as quick:
                await outbox.add(quick, [an_event(), an_event()])
            await published.wait()
        await eventually(lambda: everything_is_published(engine))
    async with transaction(engine) as connection:
        feed = _Feed(topics.CHANGES, await reconciliation.numbered(connection, topics.CHANGES))
    for record in await changes.rest():
        feed.read(record)
    feed.end()
    assert (feed.problems == []) is guarded
    noted.tried("publish after the commit" if guarded else "publish before the commit")
