"""The agent of the journal: takes batches, and acknowledges them once PostgreSQL has committed them."""

from collections.abc import Iterable, Mapping
from typing import cast

import faust
from faust.transport.drivers.aiokafka import Consumer
from faust.types.tuples import TP, Message

from hub.kafka import Extent
from schemas import topics
from streams.app import SETTINGS, app, journal
from streams.guard import Guard
from streams.records import JournalRecord

AGENT = "registration"

guard = Guard(SETTINGS)


class JournalConsumer(Consumer):
    """Goes on where PostgreSQL stands. Kafka's committed offsets may be ahead of it, after a restore of PostgreSQL or
    when a replica took over that lacked the last commits."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """What Faust does after each assignment, before it fetches; what it gives is where Faust counts from."""
        mine = self.assignment()

        async def held() -> dict[int, Extent]:
            first, ends = await self.earliest_offsets(*mine), await self.highwaters(*mine)
            return {topics.journal_number(*at): Extent(first[at], ends[at]) for at in mine}

        begin = await guard.begin_at(held)
        places = {at: begin[topics.journal_number(*at)] for at in mine}
        await self.seek_wait(places)
        return places


app.transport.Consumer = JournalConsumer  # type: ignore[misc]


@app.agent(journal, name=AGENT, concurrency=1)
async def registration(stream: faust.StreamT[bytes]) -> None:
    """Nothing is lost here because nothing is acknowledged before its commit, and because no exception leaves
    `guard.handle`: Faust would acknowledge what the failing batch held."""
    within = SETTINGS.worker_within_ms / 1000
    # Faust's types do not know noack_take; what it gives are events.
    async for events in stream.noack_take(SETTINGS.worker_batch, within=within):  # type: ignore[attr-defined]
        await guard.handle([_record(event.message) for event in events])
        for event in events:
            await stream.ack(event)


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
    await guard.watch_progress(lambda: {topics.journal_number(*at) for at in app.consumer.assignment()})


app.task(begin)
app.task(watch)
