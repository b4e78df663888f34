"""One leader among relays, by a lock that PostgreSQL drops with its connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.errors import Unavailable
from registry_store import locks, outbox
from registry_store.engine import DRIVER_PASSING, Connection, Engine

IDLE_SECONDS = 5.0


class Leader:
    """Holds the lead for as long as its connection lives."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._notified = asyncio.Event()

    async def listen(self) -> None:
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        await driver.add_listener(outbox.CHANNEL, lambda *_: self._notified.set())

    async def lose_when_idle(self) -> None:
        """From now on PostgreSQL takes the lead from a leader that asks nothing of it for a while: one that is frozen,
        or whose machine is gone, holds up the others for no longer."""
        async with self.transaction() as connection:
            for name in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
                await connection.execute(text(f"SET {name} = {round(IDLE_SECONDS * 1000)}"))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One on the connection that holds the lock: whoever has lost that connection, and with it the lead, commits
        nothing any more."""
        self._notified.clear()
        async with self._connection.begin():
            yield self._connection

    async def confirm(self) -> None:
        """Keeps the lead; raises where it is lost."""
        async with self.transaction() as connection:
            await connection.execute(text("SELECT 1"))

    async def woken(self, seconds: float) -> None:
        """Returns when something was put into the outbox, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._notified.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def held(engine: Engine) -> AsyncIterator[Leader | None]:
    """The lead, or nothing while another has it. Raises `Unavailable` when PostgreSQL goes away."""
    try:
        async with engine.connect() as connection:
            got = await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": locks.RELAY_LEADER})
            await connection.commit()
            if not got.scalar_one():
                yield None
                return
            leader = Leader(connection)
            try:
                await leader.listen()
                yield leader
            finally:
                # A session lock outlives a pooled connection's return to the pool, so that the connection is closed.
                await connection.invalidate()
    except (DBAPIError, asyncpg.exceptions.PostgresError, *DRIVER_PASSING) as error:
        raise Unavailable(f"PostgreSQL: {type(error).__name__}") from error
