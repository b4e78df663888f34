"""Who read what: gathered in memory, and added to the log by a task beside the reads."""

import asyncio
from dataclasses import replace

import structlog

from hub import clock
from hub.errors import Unavailable
from hub.services.audit import log
from hub.services.audit.log import Draft
from registry_store.engine import Engine, transaction

EVERY_SECONDS = 1.0
"""How old an access may become before it is in the log: what a crash loses."""
MOST = 5_000
"""Accesses that are held at most; a read beyond waits until they are in the log."""

logger = structlog.get_logger()


class AccessLog:
    """The accesses of one process, in a lane of its own."""

    def __init__(self, engine: Engine, lane: str) -> None:
        self._engine = engine
        self._lane = lane
        self._held: list[Draft] = []
        self._writing = asyncio.Lock()

    async def note(self, draft: Draft) -> None:
        """Holds an access until it is written. Raises `Unavailable` where there is no room and PostgreSQL is away:
        what cannot be noted is not shown."""
        if len(self._held) >= MOST:
            await self.write()
        self._held.append(replace(draft, at=clock.now()))

    async def write(self) -> None:
        """Adds what is held to the log, all in one transaction. Raises `Unavailable`."""
        async with self._writing:
            held = list(self._held)
            if held:
                async with transaction(self._engine) as connection:
                    await log.append(connection, {self._lane: held}, clock.now())
                del self._held[: len(held)]

    async def follow(self) -> None:
        """Writes once a second, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.write()
            except Unavailable as error:
                logger.warning("accesses_not_written", reason=str(error), held=len(self._held))

    async def close(self) -> None:
        """Writes what is left. An orderly stop loses nothing unless PostgreSQL is away."""
        try:
            await self.write()
        except Unavailable as error:
            logger.error("accesses_lost", reason=str(error), lost=len(self._held))
