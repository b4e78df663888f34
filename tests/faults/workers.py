"""Workers in processes of their own, on a journal of a test's own, and a checker of what they lose."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from hub import kafka
from hub.embedded.stack import environment
from hub.publisher import Message, Publisher
from registry_store import journal_progress
from registry_store.engine import Engine, transaction
from schemas import avro, topics
from schemas.asset import Location
from schemas.topics import Topic
from tests.faults.worker import bulk_of
from tests.support import register
from tests.support.door import settings
from tests.support.journal import message_id, signed
from tests.support.notifications import a_battery
from tests.support.premises import Premises
from tests.support.waiting import eventually

COUNT, BATCH, PARTITIONS = 300, 20, topics.JOURNAL_PARTITIONS
GROUP = "fmar-registration"


@dataclass(frozen=True)
class Journal:
    """A journal with messages in it, and which."""

    bootstrap: str
    topic: str
    ids: frozenset[str]

    async def everything_is_acknowledged(self) -> bool:
        """Whether the worker's group has committed every offset: Kafka would give it nothing of this again."""
        async with self._group() as consumer:
            ends = await consumer.end_offsets(self.partitions)
            return all([(await consumer.committed(p) or 0) >= ends[p] for p in self.partitions])

    async def acknowledge_everything(self) -> None:
        """Puts the offsets of the worker's group to the end, where it has read nothing yet."""

        async def committed() -> bool:
            try:
                async with self._group() as consumer:
                    await consumer.commit(await consumer.end_offsets(self.partitions))
            except KafkaError:
                # The broker makes its topic of offsets when it is first asked, and another test's worker may not be out
                # of the group yet.
                return False
            return True

        await eventually(committed)

    @property
    def partitions(self) -> list[TopicPartition]:
        return [TopicPartition(self.topic, n) for n in range(PARTITIONS)]

    @asynccontextmanager
    async def _group(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=GROUP, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(self.partitions)
            yield consumer
        finally:
            await consumer.stop()


async def lost(engine: Engine, journal: Journal) -> set[str]:
    """The checker: what lies in the journal and is neither registered nor set aside."""
    registered = {row.message_id for row in await register.inbox(engine)}
    set_aside = {row.message_id for row in await register.quarantine(engine)}
    return set(journal.ids - registered - set_aside)


async def make_lanes(bootstrap: str) -> str:
    """The topics of a new journal; gives the name of the first."""
    name = f"{topics.INTAKE}.of-a-test-{time.time_ns()}"
    lanes = [
        Topic(lane, "SignedMessage", "source and reference", PARTITIONS, topics.KEEP, "journal")
        for lane in (name, bulk_of(name))
    ]
    await kafka.ensure_topics(bootstrap, lanes, 1)
    return name


@asynccontextmanager
async def a_journal(bootstrap: str) -> AsyncIterator[Journal]:
    """A journal of the test's own with three hundred messages."""
    name = await make_lanes(bootstrap)
    told = [signed(a_battery(ref=f"b{n}", location=_home(n)), mid=message_id(f"take-{n}")) for n in range(COUNT)]
    publisher = Publisher(bootstrap)
    headers = (("sender", "installer-1"), ("door", "webhook"))
    await publisher.publish(
        [Message(name, str(n).encode(), avro.encode(m), headers, n % PARTITIONS) for n, m in enumerate(told)]
    )
    await publisher.close()
    yield Journal(bootstrap, name, frozenset(m.id for m in told))


def _home(number: int) -> Location:
    """One for each battery: each of many in one home concerns all the others, and takes as long as a batch."""
    return Premises("10", number, "_A", postcode=f"CB{number % 90} {number // 90}AB").location()


@dataclass
class Worker:
    """The worker as a supervisor has it: started again when it ends."""

    argv: Sequence[str]
    env: dict[str, str]
    log: Path
    runs: int = 0

    async def supervise(self) -> None:
        """Until cancelled."""
        while True:
            with self.log.open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", *self.argv, env=self.env, stdout=output, stderr=output
                )
            self.runs += 1
            try:
                await process.wait()
            except asyncio.CancelledError:
                process.kill()
                await process.wait()
                raise

    async def stop(self, supervised: "asyncio.Task[None]") -> None:
        supervised.cancel()
        await asyncio.gather(supervised, return_exceptions=True)
        # Shown where a test fails.
        print(self.log.read_text("utf-8", "replace")[-4000:])


async def bind(engine: Engine, journal: Journal) -> None:
    """The test's new database to the Kafka of all tests, whose journal others have used."""
    async with transaction(engine) as connection:
        await journal_progress.note_cluster(connection, await kafka.cluster_id(journal.bootstrap))


def a_worker(journal: Journal, database: str, folder: Path, way: str, *deaths: str, batch: int = BATCH) -> Worker:
    (folder / "deaths").write_text("\n".join(deaths))
    given = settings(journal.bootstrap, database, worker_batch=batch, data=folder, log="warning")
    argv = ("tests.faults.worker", journal.topic, way, str(folder / "deaths"))
    return Worker(argv, environment(given) | {"PYTHONPATH": os.pathsep.join(sys.path)}, folder / "worker.log")
