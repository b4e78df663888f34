"""The agents of the journal, one a lane: they take batches, and acknowledge them once PostgreSQL has committed them."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, cast

import faust
from faust.types.channels import ChannelT
from faust.types.events import EventT
from faust.types.tuples import TP, Message
from mode.services import WaitArgT, WaitResults

from hub.kafka import Extent
from schemas import topics
from streams import at_once
from streams.app import SETTINGS, app, bulk_journal, journal
from streams.guard import Guard
from streams.lane_consumer import LaneConsumer, most_ahead
from streams.records import JournalRecord
from streams.turns import Turns

LIVE, BULK = "registration", "bulk-registration"
WITHIN_SECONDS = SETTINGS.worker_within_ms / 1000
SHARES = 5
"""Faust passes on some fifty messages in the time that a batch may take to fill, however many lie ready. So while there
are more, a batch is made of several shares: what a small one costs beside its messages would be most of it."""
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
    share = max(1, SETTINGS.worker_batch // SHARES)
    held: Events = []
    # Faust's types do not know noack_take; what it gives are events.
    async for events in stream.noack_take(share, within=within):  # type: ignore[attr-defined]
        held = [*held, *events]
        if len(held) + share <= SETTINGS.worker_batch and not cast(ChannelT[bytes], stream.channel).queue.empty():
            continue
        while held:
            done = await handle(held)
            for event in done:
                await stream.ack(event)
            held = held[len(done) :]


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
    await guard.watch_progress(
        lambda: {topics.journal_number(*at) for at in app.consumer.assignment()}, most_ahead(SETTINGS.worker_batch)
    )


app.task(begin)
app.task(watch)
