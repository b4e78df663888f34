"""Ends a worker that stands still. Faust only logs that it is stuck (issues 175, 523, 629, 640).

A partition that has messages and whose watermark does not move is a stall, whatever the process itself believes:
after a broker came back, a worker was seen to hold its partitions and fetch nothing (tried).
"""

import asyncio
import time
from collections.abc import Callable
from typing import NoReturn

import structlog
from aiokafka.errors import KafkaError

from hub import kafka
from hub.errors import Unavailable
from registry_store import journal_progress
from registry_store.engine import Engine, transaction
from schemas import topics

STALL_SECONDS = 60.0
"""Longer than the heaviest batch and than a session timeout with its rebalance."""
EVERY_SECONDS = 2.0

log = structlog.get_logger()


class Watchdog:
    """Watches the journal partitions that are this worker's; all of them while it has none."""

    def __init__(self, engine: Engine, bootstrap: str, mine: Callable[[], set[int]], end: Callable[[str], NoReturn]):
        self._engine = engine
        self._bootstrap = bootstrap
        self._mine = mine
        self._end = end
        self._seen: dict[int, tuple[int, float]] = {}

    async def watch(self) -> None:
        """Until cancelled, or until it ends the process."""
        while True:
            try:
                await self._watch()
            except (KafkaError, OSError, TimeoutError, Unavailable):
                # Nothing can move while Kafka or PostgreSQL is away, and ending the process would not bring it back.
                self._seen.clear()
                await asyncio.sleep(EVERY_SECONDS)

    async def _watch(self) -> None:
        consumer = kafka.assigned_consumer(self._bootstrap)
        try:
            await consumer.start()
            while True:
                async with asyncio.timeout(10):
                    ends = await kafka.end_offsets(consumer, *topics.JOURNAL)
                async with transaction(self._engine) as connection:
                    done = await journal_progress.watermarks(connection)
                left = {topics.journal_number(*at): (done.get(tuple(at), -1), end) for at, end in ends.items()}
                if stuck := self._stuck(left, time.monotonic()):
                    self._end(f"partitions {sorted(stuck)} stand still")
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await consumer.stop()

    def _stuck(self, left: dict[int, tuple[int, int]], now: float) -> set[int]:
        """Partitions whose watermark (first) stands short of their end (second) and has not moved for too long."""
        for partition, (done, end) in left.items():
            before, since = self._seen.get(partition, (None, now))
            waiting = done < end - 1
            self._seen[partition] = (done, since if waiting and done == before else now)
        late = {partition for partition, (_, since) in self._seen.items() if now - since > STALL_SECONDS}
        mine = self._mine()
        return late & mine if mine else late
