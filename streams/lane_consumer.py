"""How a worker fetches: of each lane a little at a time, so that neither fills its memory or hides the other.

Faust by itself takes out of the fetcher whatever lies there, whole megabytes of bulk, and hands on no live message
before all of that has its place in a queue.
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
AT_ONCE = 500
"""Messages of a lane that are handed on together."""
FULL_SECONDS = 0.1
"""For how long is waited for messages of one lane while the other has enough; it may need more by then."""
FETCH_WAIT_MS = 250
"""For how long the broker holds a fetch that finds nothing. Partitions that are not in it have to wait for its end:
with Faust's 1.5 s so would live messages."""


class LaneConsumer(Consumer):
    """Faust's consumer, with bounds of its own."""

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _FetchingThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:  # noqa: ASYNC109
        active = active_partitions or set()
        wanted = {at for at in active if self._queued(at) < QUEUED}
        if not wanted:
            await asyncio.sleep(FULL_SECONDS)
            return {}
        found: dict[TP, list[Any]] = {}
        # One look at both would come back full of what lies in front.
        for lane in topics.JOURNAL:
            if mine := {at for at in wanted if at.topic == lane}:
                found |= await super()._getmany(mine, 0.0)
        return found or await super()._getmany(wanted, timeout if wanted == active else FULL_SECONDS)

    def _queued(self, at: TP) -> int:
        """How many messages of a partition's lane wait for their agent."""
        return max((channel.queue.qsize() for channel in cast(Conductor, self.app.topics)._tp_index[at]), default=0)


class _FetchingThread(AIOKafkaConsumerThread):
    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_consumer(loop)
        # Faust has no setting for it; aiokafka reads it when it starts.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer
