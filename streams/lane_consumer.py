"""How a worker fetches: of each partition a little at a time, so that neither lane fills its memory or hides the other.

Faust by itself takes out of the fetcher whatever lies there, whole megabytes of bulk, and hands on no live message
before all of that has its place in a queue. With a limit for all partitions together the fetcher would give one
partition after the other to its end, and the watchdog would see the last of them stand still. So it knows how many
messages may be ahead of a partition's (`most_ahead`).
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import aiokafka
from faust.transport.conductor import Conductor
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from faust.types.tuples import TP

from schemas import topics

QUEUED = 1500
"""Messages of a lane that wait for their agent, and with which no more are handed on: more than a second's work."""
AT_ONCE = 50
"""Messages of a partition that are handed on together."""
FULL_SECONDS = 0.1
"""For how long is waited for messages of one lane while the other has enough; it may need more by then."""
FETCH_WAIT_MS = 250
"""For how long the broker holds a fetch that finds nothing. Partitions that are not in it have to wait for its end:
with Faust's 1.5 s so would live messages."""

Records = Mapping[TP, list[Any]]


def most_ahead(batch: int) -> int:
    """How many messages of a lane have their turn before one that waits in Kafka, at the most: those in the queue,
    those that an agent holds (a batch), and a few of each partition, with which the queue is filled beyond its
    bound and which come together with that one."""
    return QUEUED + batch + 2 * AT_ONCE * topics.JOURNAL_PARTITIONS


class LaneConsumer(Consumer):
    """Faust's consumer, with bounds of its own."""

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _FetchingThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Records:  # noqa: ASYNC109
        active = active_partitions or set()
        wanted = {at for at in active if self._queued(at) < QUEUED}
        if not wanted:
            await asyncio.sleep(FULL_SECONDS)
            return {}
        return await super()._getmany(wanted, timeout if wanted == active else FULL_SECONDS)

    def _queued(self, at: TP) -> int:
        """How many messages of a partition's lane wait for their agent."""
        return max((channel.queue.qsize() for channel in cast(Conductor, self.app.topics)._tp_index[at]), default=0)


class _FetchingThread(AIOKafkaConsumerThread):
    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_consumer(loop)
        # Faust has no setting for it; aiokafka reads it when it starts.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109
        max_records: int | None = None,
    ) -> Records:
        found: dict[TP, list[Any]] = {}
        for at in active_partitions:
            found |= await super()._fetch_records(consumer, {at}, 0.0, max_records)
        return found or await super()._fetch_records(consumer, active_partitions, timeout, max_records)
