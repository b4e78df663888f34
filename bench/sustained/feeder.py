"""A bulk load without end: batches through the door as fast as it takes them, up to a backlog."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import asyncpg

from bench.load import requests
from bench.load.connection import ACCEPTED, Broken, connect
from bench.mix import Told
from bench.progress import DONE
from bench.rig import Rig

EVERY_SECONDS = 0.1


@dataclass
class Feeder:
    """`backlog` is how many accepted messages may wait for their registration before it pauses."""

    rig: Rig
    told: Iterator[Told]
    backlog: int
    sent: int = 0
    most_waiting: int = 0
    done: list[tuple[float, int]] = field(default_factory=list)
    """When so many of its messages were registered, as it looked."""
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    async def feed(self, began_at: int) -> None:
        """Until cancelled. `began_at` is what the journal held before."""
        watching = asyncio.ensure_future(self._watch(began_at))
        connection = await connect(self.rig.settings.port)
        try:
            while True:
                await self._room.wait()
                # Signed when it is sent: the doors take a signature for a few minutes.
                request = requests.bulk(requests.signed(islice(self.told, requests.BULK), self.rig.signers))
                status = await connection.ask(request)
                if status not in ACCEPTED:
                    raise Broken(f"the door answered a batch with {status}")
                self.sent += requests.BULK
                if watching.done():
                    watching.result()
        finally:
            watching.cancel()
            connection.close()

    @property
    def waiting(self) -> int:
        return self.sent - (self.done[-1][1] if self.done else 0)

    async def _watch(self, began_at: int) -> None:
        connection = await asyncpg.connect(self.rig.settings.database)
        try:
            while True:
                registered = int(await connection.fetchval(DONE)) - began_at
                self.done.append((time.monotonic(), registered))
                self.most_waiting = max(self.most_waiting, self.waiting)
                if self.waiting > self.backlog:
                    self._room.clear()
                else:
                    self._room.set()
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await connection.close()
