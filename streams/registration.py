"""The agent of the journal: takes batches, and acknowledges them once PostgreSQL has committed them."""

from collections.abc import Sequence

import faust

from streams.app import SETTINGS, app, journal
from streams.guard import Guard
from streams.records import JournalRecord

guard = Guard(SETTINGS)


@app.agent(journal, name="registration", concurrency=1)
async def registration(stream: faust.Stream[bytes]) -> None:
    """Nothing is lost here because nothing is acknowledged before its commit, and because no exception leaves
    `guard.handle`: Faust would acknowledge what the failing batch held."""
    within = SETTINGS.worker_within_ms / 1000
    async for events in stream.noack_take(SETTINGS.worker_batch, within=within):
        await guard.handle(_records(events))
        for event in events:
            await stream.ack(event)


def _records(events: Sequence[faust.EventT[bytes]]) -> list[JournalRecord]:
    return [
        JournalRecord(
            m.topic,
            m.partition,
            m.offset,
            m.value or b"",
            {name: bytes(value) for name, value in m.headers or ()},
            m.timestamp,
        )
        for m in (event.message for event in events)
    ]


@app.task
async def begin() -> None:
    """Connects to PostgreSQL, then watches over the worker's progress."""
    await guard.start()


@app.task
async def watch() -> None:
    await guard.watch_progress()
