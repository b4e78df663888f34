"""Is the hub getting on? Lag of the journal, age of what waits to go out, and since when nothing moved."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from hub import clock, kafka, metrics
from hub.errors import Unavailable
from hub.services import review_load
from registry_store import journal_progress, outbox
from registry_store.engine import Engine, transaction
from schemas import topics

EVERY_SECONDS = 2.0
STALL_SECONDS = 60.0

log = structlog.get_logger()


@dataclass
class _Mover:
    """Something that should move while it has work."""

    position: int = -1
    since: float = field(default_factory=time.monotonic)

    def stands_still(self, position: int, waiting: int) -> float:
        """For how many seconds there was work and no movement."""
        if position != self.position or waiting == 0:
            self.position, self.since = position, time.monotonic()
        return time.monotonic() - self.since


class ProgressWatch:
    """Looks at journal and outbox every two seconds. Health is progress, not a process that answers."""

    def __init__(self, engine: Engine, bootstrap: str) -> None:
        self._engine = engine
        self._bootstrap = bootstrap
        self._journal, self._outbox = _Mover(), _Mover()
        self.problems: tuple[str, ...] = ("the first look at Kafka and PostgreSQL is not done yet",)

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._watch()
            except (KafkaError, OSError) as error:
                self.problems = (f"Kafka does not answer ({type(error).__name__}); messages are not taken",)
                await asyncio.sleep(EVERY_SECONDS)

    async def _watch(self) -> None:
        consumer = kafka.assigned_consumer(self._bootstrap)
        try:
            await consumer.start()
            while True:
                async with asyncio.timeout(10):
                    ends = await kafka.end_offsets(consumer, *topics.JOURNAL)
                self.problems = tuple(await self._problems(ends))
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await consumer.stop()

    async def _problems(self, ends: Mapping[TopicPartition, int]) -> list[str]:
        try:
            async with transaction(self._engine) as connection:
                done = await journal_progress.watermarks(connection)
                waiting = await outbox.waiting(connection)
                published = await outbox.published(connection)
                await review_load.measure(connection, clock.now())
        except Unavailable as error:
            return [f"{error}; messages are taken but not registered"]
        lag = 0
        for at, end in ends.items():
            behind = max(0, end - 1 - done.get((at.topic, at.partition), -1))
            metrics.LAG.labels(topic=at.topic, partition=at.partition).set(behind)
            lag += behind
        metrics.OUTBOX_WAITING.set(waiting)
        found = []
        if self._journal.stands_still(sum(done.values()), lag) > STALL_SECONDS:
            found.append(f"{lag} messages wait for their registration and none moved for a minute; look at the worker")
        if self._outbox.stands_still(published, waiting) > STALL_SECONDS:
            found.append(f"{waiting} messages wait to go out and none moved for a minute; look at the relay")
        return found
