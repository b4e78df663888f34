"""Live before bulk, on real parts: a worker that begins before a journal full of bulk, while live messages come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from hub.embedded.kafka import EmbeddedKafka
from hub.publisher import Message, Publisher
from registry_store.engine import Engine, connect, transaction
from schemas import avro, body, topics
from schemas.signed_message import SignedMessage
from tests.faults.worker import bulk_of
from tests.faults.workers import Journal, a_worker, bind, make_lanes
from tests.support.journal import message_id
from tests.support.notifications import a_battery
from tests.support.parts import Databases
from tests.support.premises import Premises

BACKLOG, LIVE = 1500, 20
BATCH = 500
LOOK_SECONDS = 0.1
BACKLOGS, DIFFERENT, WATCHED_SECONDS, GROWTH_MB = (50_000, 200_000), 2_000, 60, 25
HEADERS = (("sender", "installer-1"), ("door", "webhook"))


def a_message(topic: str, name: str, number: int) -> Message:
    """Of a home of its own. Only doors look at signatures."""
    home = Premises("10", number, "_A", postcode=f"CB{number % 90} {number // 90 % 9}AB")
    told = a_battery(ref=name, location=home.location())
    message = SignedMessage(
        id=message_id(name),
        timestamp=1,
        key_id="k_" + "a" * 20,
        signature="v1a," + "A" * 86 + "==",
        body=body.to_json(told),
    )
    return Message(topic, name.encode(), avro.encode(message), HEADERS, number % topics.JOURNAL_PARTITIONS)


class Looker:
    """Looks at the register from outside: what is registered of each lane, and beside how much of the other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.bulk = 0
        self.live: dict[str, int] = {}
        self.partitions: set[int] = set()

    async def look(self) -> None:
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(text("SELECT message_id, journal_partition AS number FROM inbox"))).all()
        bulk = [row.number for row in rows if topics.journal_partition(row.number)[0] == topics.BULK]
        self.bulk, self.partitions = len(bulk), set(bulk)
        for row in rows:
            if topics.journal_partition(row.number)[0] == topics.INTAKE:
                self.live.setdefault(row.message_id, self.bulk)

    async def until(self, reached: Callable[[], bool], within: float) -> None:
        async with asyncio.timeout(within):
            while not reached():
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)


@pytest.fixture
async def publisher(kafka_server: EmbeddedKafka) -> AsyncIterator[Publisher]:
    made = Publisher(kafka_server.address)
    yield made
    await made.close()


@pytest.mark.timeout(240)
async def test_live_messages_do_not_wait_for_a_backlog_of_bulk(
    kafka_server: EmbeddedKafka, publisher: Publisher, database: str, engine: Engine, tmp_path: Path
) -> None:
    topic = await make_lanes(kafka_server.address)
    journal = Journal(kafka_server.address, topic, frozenset())
    bulk = [a_message(bulk_of(topic), f"bulk-{n}", n) for n in range(BACKLOG)]
    for start in range(0, BACKLOG, BATCH):
        await publisher.publish(bulk[start : start + BATCH])
    await bind(engine, journal)
    worker = a_worker(journal, database, tmp_path, "noack_take", batch=BATCH)
    supervised = asyncio.create_task(worker.supervise())
    looker, before = Looker(engine), dict[str, int]()
    try:
        await looker.until(lambda: looker.bulk > 0, within=90)
        for number in range(LIVE):
            name = f"live-{number}"
            before[message_id(name)] = looker.bulk
            await publisher.publish([a_message(topic, name, BACKLOG + number)])
            await looker.look()
        await looker.until(lambda: len(looker.live) == LIVE, within=60)
        left = BACKLOG - looker.bulk
        await looker.until(lambda: looker.bulk >= BACKLOG / 5, within=60)
        moved = len(looker.partitions)
        await looker.until(lambda: looker.bulk == BACKLOG, within=120)
    finally:
        await worker.stop(supervised)
    assert worker.runs == 1
    assert left > 0, "the last live message was done before the backlog was"
    assert moved == topics.JOURNAL_PARTITIONS, "no partition stands still while others are registered"
    passed = [looker.live[one] - already for one, already in before.items()]
    assert max(passed) <= BACKLOG / 5, "each waited for a bulk batch that was under way, not for the backlog"


async def peak_mb(address: str, database: str, folder: Path, backlog: int) -> float:
    """The most that a worker's process holds of a backlog, most of it repeats, which are handed through fastest."""
    topic = await make_lanes(address)
    journal, engine, publisher = Journal(address, topic, frozenset()), connect(database), Publisher(address)
    await bind(engine, journal)
    await engine.dispose()
    told = [a_message(bulk_of(topic), f"bulk-{n}", n) for n in range(DIFFERENT)]
    for _ in range(backlog // DIFFERENT):
        await publisher.publish(told)
    await publisher.close()
    worker = a_worker(journal, database, folder, "noack_take", batch=BATCH)
    supervised, most = asyncio.create_task(worker.supervise()), 0
    try:
        for _ in range(WATCHED_SECONDS):
            await asyncio.sleep(1)
            held = [
                p.memory_info().rss for p in psutil.Process().children(True) if "tests.faults.worker" in p.cmdline()
            ]
            most = max(most, *held)
    finally:
        await worker.stop(supervised)
    return most / 2**20


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_workers_memory_does_not_grow_with_what_waits(
    kafka_server: EmbeddedKafka, databases: Databases, tmp_path: Path
) -> None:
    found: dict[int, float] = {}
    for backlog in BACKLOGS:
        with databases.ready() as url:
            found[backlog] = asyncio.run(peak_mb(kafka_server.address, url, tmp_path, backlog))
    print({backlog: f"{peak:.0f} MB" for backlog, peak in found.items()})
    few, many = (found[backlog] for backlog in BACKLOGS)
    assert many < few + GROWTH_MB
