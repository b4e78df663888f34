"""Single messages among a bulk load, and when each of them was readable on the outbound topic."""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.latency.measure import installations
from bench.load import requests
from bench.load.connection import ACCEPTED, Broken, connect
from bench.mix import Told
from bench.rig import Rig
from schemas import topics

NAMED = re.compile(rb"live_\d{16}")
"""Ids that are found in an event without decoding it: all that the bulk load brings comes by on the same topic."""
PATIENCE_SECONDS = 60.0


def installations_live(seed: int) -> Iterator[Told]:
    """New devices, each under an id by which it is told from the bulk load."""
    for number, one in zip(count(), installations(seed), strict=False):
        yield replace(one, message_id=f"live_{number:016d}")


@dataclass
class Live:
    """`rate` requests a second, whether the last was answered or not."""

    rig: Rig
    told: Iterator[Told]
    rate: float
    due: dict[str, float] = field(default_factory=dict)
    came: dict[str, float] = field(default_factory=dict)

    async def send(self) -> None:
        """Until cancelled; then everything sent is waited for by `settle`."""
        loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()
        began = loop.time()
        for number in count():
            at = began + number / self.rate
            await asyncio.sleep(max(0.0, at - loop.time()))
            one = next(self.told)
            self.due[one.message_id] = at
            tasks.add(task := asyncio.ensure_future(self._one(one)))
            task.add_done_callback(tasks.discard)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Notes when the event of each message could be read, for as long as the block lasts."""
        begun = asyncio.Event()
        listener = asyncio.ensure_future(self._listen(begun))
        await begun.wait()
        try:
            yield
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self, begun: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.rig.settings.kafka, enable_auto_commit=False, fetch_max_wait_ms=100
        )
        consumer.assign([TopicPartition(topics.CHANGES, 0)])
        await consumer.start()
        try:
            await consumer.seek_to_end()
            await consumer.position(TopicPartition(topics.CHANGES, 0))
            begun.set()
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    now = clock()
                    for record in records:
                        for name in NAMED.findall(record.value):
                            self.came.setdefault(name.decode(), now)
        finally:
            await consumer.stop()

    async def settle(self) -> list[float]:
        """Milliseconds from when each message was due until it could be read.

        Raises `Broken` if one does not come.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while self.due.keys() - self.came.keys():
            if loop.time() > until:
                missing = len(self.due.keys() - self.came.keys())
                raise Broken(f"of {len(self.due)} live messages {missing} did not reach the outbound topic")
            await asyncio.sleep(0.1)
        return [(self.came[name] - at) * 1000 for name, at in self.due.items()]

    async def _one(self, one: Told) -> None:
        connection = await connect(self.rig.settings.port)
        try:
            status = await connection.ask(requests.single(*requests.signed([one], self.rig.signers)))
            if status not in ACCEPTED:
                raise Broken(f"the door answered a live message with {status}")
        finally:
            connection.close()


async def during(seconds: float, *jobs: Coroutine[Any, Any, None]) -> None:
    """Jobs side by side for so long; one that ends by itself ends all with its error."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        if done:
            raise RuntimeError("a job of the bench ended before its time")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
