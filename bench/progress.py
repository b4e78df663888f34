"""How far a journal is registered and published, watched from outside, and the rate that follows."""

import asyncio
import time
from dataclasses import dataclass

import asyncpg

from bench.cpu import CpuClock, per_message
from bench.processes import Processes
from hub.errors import HubError

EVERY_SECONDS = 0.03
WARM = 0.15
"""The share of the messages that is over before the clock starts: processes are up, connections made, plans cached."""
PATIENCE_SECONDS = 90.0


class Stalled(HubError):
    """Nothing moves any more."""


DONE = "SELECT coalesce(sum(last_offset + 1), 0) FROM watermark"
"""Offsets done, in all partitions together. The bare loop's tables have the names of the hub's."""
WAITS = (
    "SELECT EXISTS (SELECT FROM outbox WHERE feed_seq IS NULL)"
    " OR EXISTS (SELECT FROM feed WHERE published_seq < last_seq)"
)
"""Whether something is still to go out; of the bare loop it is `bench.bare.store.WAITS`."""


@dataclass(frozen=True)
class Run:
    """One way from the journal to the outbound topic, from the warm state to the last event."""

    messages: int
    seconds: float
    cpu: dict[str, float]
    """Microseconds a message by part."""
    memory_mb: dict[str, float]
    """At the end, by group of processes."""

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


class Watch:
    """Looks at one database's watermarks and outbox, some thirty times a second."""

    def __init__(self, database: str, processes: Processes, waits: str = WAITS) -> None:
        self._database = database
        self._processes = processes
        self._waits = waits

    async def until(self, wanted: float, *, published: bool) -> tuple[float, int]:
        """When so many offsets were done (in all partitions together) and, if asked for, nothing waited to go out; and
        how many were done by then. Raises `Stalled`, or `Ended` when a process ends by itself."""
        connection = await asyncpg.connect(self._database)
        moved, before = time.monotonic(), -1
        try:
            while True:
                self._processes.check()
                done = int(await connection.fetchval(DONE))
                now = time.monotonic()
                if done != before:
                    moved, before = now, done
                if done >= wanted and not (published and await connection.fetchval(self._waits)):
                    return time.monotonic(), done
                if now - moved > PATIENCE_SECONDS:
                    raise Stalled(f"{done} of {wanted:.0f} messages are registered, and nothing moves any more")
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await connection.close()


async def follow(
    database: str, first: int, last: int, processes: Processes, servers: CpuClock, waits: str = WAITS
) -> Run:
    """One run over the offsets from `first` to `last` (in all partitions together).

    One that is over at the first look counts from its start. Raises `Stalled`, or `Ended` when a process ends.
    """
    watch, cpu = Watch(database, processes, waits), processes.cpu | servers
    began, done, before = time.monotonic(), first, cpu.read()
    warm_at, warm = await watch.until(first + (last - first) * WARM, published=False)
    if warm < last:
        began, done, before = warm_at, warm, cpu.read()
    ended, _ = await watch.until(last, published=True)
    return Run(last - done, ended - began, per_message(before, cpu.read(), last - done), processes.memory_mb())
