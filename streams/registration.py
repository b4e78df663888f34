"""The agents of the journal, one a lane: they take batches, and acknowledge them once PostgreSQL has committed them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import cast

import faust
from faust.types.channels import ChannelT
from faust.types.events import EventT
from faust.types.tuples import TP, Message

from hub.kafka import Extent
from schemas import topics
from streams.app import SETTINGS, app, bulk_journal, journal
from streams.guard import Guard
from streams.lane_consumer import LaneConsumer
from streams.records import JournalRecord
from streams.turns import Turns

LIVE, BULK = "registration", "bulk-registration"
WITHIN_SECONDS = SETTINGS.worker_within_ms / 1000
BULK_WITHIN_SECONDS = 10 * WITHIN_SECONDS
"""Bulk is in no hurry, and each look costs as much when there is nothing."""

Events = Sequence[EventT[bytes]]

guard = Guard(SETTINGS)
turns = Turns(SETTINGS.worker_batch, 2 * WITHIN_SECONDS)


class JournalConsumer(LaneConsumer):
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


@app.agent(journal, name=LIVE, concurrency=1)
async def registration(stream: faust.StreamT[bytes]) -> None:
    """Of the live lane: each batch as it comes."""
    turns.on_its_way = cast(ChannelT[bytes], stream.channel).queue.qsize

    async def batch(events: Events) -> Events:
        async with turns.live():
            await guard.handle([_record(event.message) for event in events])
        return events

    await _consume(stream, batch, WITHIN_SECONDS)


@app.agent(bulk_journal, name=BULK, concurrency=1)
async def bulk_registration(stream: faust.StreamT[bytes]) -> None:
    """Of the bulk lane: what a worker takes at once has its turns piece by piece."""

    async def piece(events: Events) -> Events:
        async with turns.bulk(len(events)) as size:
            await guard.handle([_record(event.message) for event in events[:size]])
        return events[:size]

    await _consume(stream, piece, BULK_WITHIN_SECONDS)


async def _consume(stream: faust.StreamT[bytes], handle: Callable[[Events], Awaitable[Events]], within: float) -> None:
    """`handle` returns those of the events, from the first, that are registered.

    Nothing is lost here because nothing is acknowledged before its commit, and because no exception leaves
    `guard.handle`: Faust would acknowledge what the failing batch held.
    """
    # Faust's types do not know noack_take; what it gives are events.
    async for events in stream.noack_take(SETTINGS.worker_batch, within=within):  # type: ignore[attr-defined]
        while events:
            done = await handle(events)
            for event in done:
                await stream.ack(event)
            events = events[len(done) :]


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
