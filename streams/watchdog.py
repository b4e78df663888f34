"""Ends a worker that stands still. Faust only logs that it is stuck (issues 175, 523, 629, 640).

A partition that has messages and whose watermark does not move is a stall, whatever the process itself believes:
after a broker came back, a worker was seen to hold its partitions and fetch nothing (tried). It is one as well where
others move: single partitions stall, too. But in a slow lane a partition has its turn after all that was fetched before
it, which may take longer than a stall; so its time runs only once its lane has done so much, or does nothing at all.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


Left = Mapping[int, tuple[int, int]]
"""Watermark and end of partitions, by their numbers in the journal."""


@dataclass(frozen=True)
class _Place:
    """Where a partition stands: its watermark, since when it could have moved on, and how many messages of its lane may
    still have their turn before it."""

    done: int
    since: float
    ahead: int


class Watchdog:
    """Watches the journal partitions that are this worker's; all of them while it has none.

    `most_ahead` is how many messages of a lane a worker may have fetched before the first of a partition.
    """

    def __init__(
        self,
        engine: Engine,
        bootstrap: str,
        mine: Callable[[], set[int]],
        end: Callable[[str], NoReturn],
        most_ahead: int,
    ) -> None:
        self._engine = engine
        self._bootstrap = bootstrap
        self._mine = mine
        self._end = end
        self._most_ahead = most_ahead
        self._seen: dict[int, _Place] = {}
        self._latest: set[int] = set()
        self._held: set[int] = set()
        """What was this worker's at the last look, and when it last had any."""

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
                    places = ", ".join("/".join(map(str, topics.journal_partition(number))) for number in sorted(stuck))
                    self._end(f"{places} stand still")
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await consumer.stop()

    def _stuck(self, left: Left, now: float) -> set[int]:
        """Partitions that stand short of their end and have not moved for too long."""
        mine = set(self._mine())
        taken_over, rebalanced = mine - self._held, mine != self._latest
        self._latest, self._held = mine, mine or self._held
        watched = {partition: at for partition, at in left.items() if partition in (mine or left)}
        before = {partition: place for partition, place in self._seen.items() if partition not in taken_over}
        self._seen = {partition: self._place(partition, watched, before, rebalanced, now) for partition in watched}
        return {partition for partition, place in self._seen.items() if now - place.since > STALL_SECONDS}

    def _place(
        self, partition: int, watched: Left, before: Mapping[int, _Place], rebalanced: bool, now: float
    ) -> _Place:
        done, end = watched[partition]
        lane = [other for other in watched if other != partition and _lane(other) == _lane(partition)]
        ahead = min(self._most_ahead, sum(_waiting(*watched[other]) for other in lane))
        old = before.get(partition)
        if old is None or done != old.done or not _waiting(done, end):
            return _Place(done, now, ahead)
        if not rebalanced:
            # After one all that is not registered is fetched anew, in another order.
            ahead = old.ahead
        passed = sum(max(0, watched[other][0] - before[other].done) for other in lane if other in before)
        return _Place(done, now if passed and ahead > 0 else old.since, ahead - passed)


def _lane(partition: int) -> str:
    return topics.journal_partition(partition)[0]


def _waiting(done: int, end: int) -> int:
    return max(0, end - 1 - done)
