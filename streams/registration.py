"""The agent of the journal: takes batches, and acknowledges them once PostgreSQL has committed them."""

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, cast

import faust
from faust.transport.drivers.aiokafka import Consumer
from faust.types.tuples import TP, Message
from mode.services import WaitArgT, WaitResults

from hub.kafka import Extent
from streams import at_once
from streams.app import SETTINGS, app, journal
from streams.guard import Guard
from streams.records import JournalRecord

AGENT = "registration"
SHARES = 5
"""Faust passes on some fifty messages in the time that a batch may take to fill, however many lie ready. So while there
are more, a batch is made of several shares: what a small one costs beside its messages would be most of it."""

guard = Guard(SETTINGS)


class JournalConsumer(Consumer):
    """Goes on where PostgreSQL stands. Kafka's committed offsets may be ahead of it, after a restore of PostgreSQL or
    when a replica took over that lacked the last commits."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """What Faust does after each assignment, before it fetches; what it gives is where Faust counts from."""
        mine = self.assignment()

        async def held() -> dict[int, Extent]:
            first, ends = await self.earliest_offsets(*mine), await self.highwaters(*mine)
            return {at.partition: Extent(first[at], ends[at]) for at in mine}

        begin = await guard.begin_at(held)
        places = {at: begin[at.partition] for at in mine}
        await self.seek_wait(places)
        return places

    async def wait_first(self, *coros: WaitArgT, **limits: Any) -> WaitResults:
        """What Faust hands each message on with, in four tasks, three of which watch whether it is to stop.

        A message hardly ever has to wait for its place in the queue, and needs none of them then.
        """
        work, *watched = coros
        if isinstance(work, Coroutine):
            rest = at_once.begin(work)
            if rest is None:
                for watching in watched:
                    cast(Coroutine[Any, Any, object], watching).close()
                return WaitResults([], [], self.should_stop)
            coros = (rest, *watched)
        return await super().wait_first(*coros, **limits)


app.transport.Consumer = JournalConsumer  # type: ignore[misc]


@app.agent(journal, name=AGENT, concurrency=1)
async def registration(stream: faust.StreamT[bytes]) -> None:
    """Nothing is lost here because nothing is acknowledged before its commit, and because no exception leaves
    `guard.handle`: Faust would acknowledge what the failing batch held."""
    within = SETTINGS.worker_within_ms / 1000
    share = max(1, SETTINGS.worker_batch // SHARES)
    held: list[faust.EventT[bytes]] = []
    # Faust's types do not know noack_take; what it gives are events.
    async for events in stream.noack_take(share, within=within):  # type: ignore[attr-defined]
        held += events
        if len(held) + share <= SETTINGS.worker_batch and not stream.channel.queue.empty():  # type: ignore[attr-defined]
            continue
        await guard.handle([_record(event.message) for event in held])
        for event in held:
            await stream.ack(event)
        held = []


def _record(message: Message) -> JournalRecord:
    headers = {name: bytes(value) for name, value in cast(Iterable[tuple[str, bytes]], message.headers or ())}
    return JournalRecord(
        message.topic, message.partition, message.offset, message.value or b"", headers, message.timestamp
    )


async def begin() -> None:
    """Connects to PostgreSQL, then follows the directory."""
    await guard.start()


async def watch() -> None:
    """Watches over the worker's progress."""
    await guard.watch_progress(lambda: {at.partition for at in app.consumer.assignment()})


app.task(begin)
app.task(watch)
