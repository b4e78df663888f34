"""How far a journal is registered and published, watched from outside, and the rate that follows."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from bench.cpu import CpuClock, Seconds, per_message
from bench.processes import Processes

EVERY_SECONDS = 0.1
WARM = 0.15
"""The share of the messages that is over before the clock starts: processes are up, connections made, plans cached."""
PATIENCE_SECONDS = 90.0


class Stalled(RuntimeError):
    """Nothing moves any more."""


DONE = "SELECT coalesce(sum(last_offset + 1), 0) FROM watermark"
"""Offsets done, in all partitions together. The bare loop's tables have the names of the hub's."""
WAITS = "SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)"


@dataclass(frozen=True)
class Run:
    """One way from the journal to the outbound topic, from the warm state to the last event."""

    messages: int
    seconds: float
    cpu: dict[str, float]
    """Microseconds a message by part."""

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


async def follow(
    database: str, first: int, last: int, processes: Processes, servers: CpuClock, told: Callable[[int], None]
) -> Run:
    """Waits until offsets from `first` to `last` (in all partitions together) are registered and published.

    Raises `Stalled`, or `Ended` when a process ends by itself.
    """
    connection = await asyncpg.connect(database)
    cpu = processes.cpu | servers
    warm = first + (last - first) * WARM
    began: tuple[float, int, Seconds] | None = None
    moved, before = time.monotonic(), -1
    try:
        while True:
            processes.check()
            done = int(await connection.fetchval(DONE))
            now = time.monotonic()
            if done != before:
                moved, before = now, done
                told(done - first)
            if began is None and done >= warm:
                began = now, done, cpu.read()
            if began is not None and done >= last and not await connection.fetchval(WAITS):
                ended = time.monotonic()
                count = last - began[1]
                return Run(count, ended - began[0], per_message(began[2], cpu.read(), count))
            if now - moved > PATIENCE_SECONDS:
                raise Stalled(f"{done - first} of {last - first} messages are registered, and nothing moves any more")
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        await connection.close()
