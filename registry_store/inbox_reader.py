"""The inbox as a door asks it: over a connection of its own, one statement at a time and no transaction around it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import DBAPIError

from hub.errors import Unavailable
from registry_store.engine import DRIVER_PASSING, Connection, Engine, is_passing
from registry_store.inbox import DIGESTS, Key

ANSWER_SECONDS = 5.0
"""How long a door waits for PostgreSQL before it goes on without."""


class InboxReader:
    """One question at a time; a connection that failed is made anew with the next one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._driver: Any = None

    async def digests(self, keys: Sequence[Key]) -> dict[Key, bytes]:
        """As `inbox.digests`, of what is committed now. Raises `Unavailable`."""
        try:
            driver = self._driver or await self._connected()
            # The driver keeps the statement prepared; by way of SQLAlchemy it takes several times as long.
            rows = await driver.fetch(DIGESTS, [s for s, _ in keys], [m for _, m in keys], timeout=ANSWER_SECONDS)
        except BaseException as error:
            # Cancelled, too: a connection that still waits for an answer is of no use to the next question.
            await self.close()
            if isinstance(error, DRIVER_PASSING) or (isinstance(error, DBAPIError) and is_passing(error)):
                raise Unavailable(f"PostgreSQL: {type(error).__name__}") from error
            raise
        return {(sender, message_id): digest for sender, message_id, digest in rows}

    async def _connected(self) -> Any:
        self._connection = await self._engine.connect()
        self._driver = (await self._connection.get_raw_connection()).driver_connection
        return self._driver

    async def close(self) -> None:
        """Gives the connection up, whatever state it is in."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()
