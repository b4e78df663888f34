"""Whose turn it is in a worker: one batch at a time, live before bulk.

Both lanes share the event loop and the database's locks, so that a live message waits for a bulk batch that is under
way; for one, as bulk begins none while a live message waits, and for a short one (`hub.rules.lanes`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from hub.rules import lanes
from hub.rules.lanes import Spent

LOOK_SECONDS = 0.05
"""How often is looked again without news: what is on its way to an agent may never come, after a rebalance."""
FIRST_PACE = 0.005
"""Seconds a message, until there was a batch to measure: those of a slow machine, or the first would be too large."""


class Turns:
    """One for each worker process. `gathering` is for how long an agent's messages may lie together before it has them,
    in seconds: bulk waits for so long, or it would be ahead of live ones that came during its last batch."""

    def __init__(self, at_most: int, gathering: float, now: Callable[[], float] = time.monotonic) -> None:
        self._at_most = at_most
        self._gathering = gathering
        self._now = now
        self._news = asyncio.Event()
        self._under_way = False
        self._live_waits = False
        self._bulk_waits = False
        self._spent = Spent()
        self._pace = FIRST_PACE
        self._last_live = now() - lanes.QUIET_SECONDS
        self.on_its_way: Callable[[], int] = int
        """How many live messages have not come to their agent yet."""

    @asynccontextmanager
    async def live(self) -> AsyncIterator[None]:
        """Has its turn as soon as the batch under way is done, unless bulk's share is due."""
        self._live_waits = True
        try:
            await self._until(lambda: not (self._bulk_waits and lanes.bulk_goes_first(self._spent)))
        finally:
            self._live_waits = False
        began = self._now()
        try:
            yield
        finally:
            self._last_live = self._now()
            self._spent = replace(self._spent, live=self._spent.live + self._last_live - began)
            self._end()

    @asynccontextmanager
    async def bulk(self, waiting: int) -> AsyncIterator[int]:
        """Has its turn where no live message waits; gives how many of the `waiting` messages it may take."""
        self._bulk_waits = True
        try:
            await asyncio.sleep(self._gathering)
            await self._until(lambda: not self._some_live_waits or lanes.bulk_goes_first(self._spent))
        finally:
            self._bulk_waits = False
        began = self._now()
        size = min(waiting, lanes.bulk_batch(self._at_most, self._pace, began - self._last_live))
        try:
            yield size
        finally:
            took = self._now() - began
            self._pace = (self._pace + took / size) / 2
            self._spent = Spent(bulk=took)
            self._end()

    @property
    def _some_live_waits(self) -> bool:
        return self._live_waits or self.on_its_way() > 0

    async def _until(self, may: Callable[[], bool]) -> None:
        """Begins a batch once there is none under way and this one may."""
        while self._under_way or not may():
            self._news.clear()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                continue
        self._under_way = True

    def _end(self) -> None:
        self._under_way = False
        self._news.set()
