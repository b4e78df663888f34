"""The connection pool, and what each failure of PostgreSQL means to the hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.errors import TooMuch, Unavailable

Engine = AsyncEngine
Connection = AsyncConnection
"""What the rest of the hub hands around without knowing how it is made."""

_PASSING = (
    asyncpg.exceptions.TargetServerAttributeNotMatched,  # none of several hosts takes writes now
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,
    asyncpg.exceptions.SerializationError,
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.PostgresConnectionError,
    asyncpg.exceptions.CannotConnectNowError,
)

DRIVER_PASSING = (
    OSError,
    PoolTimeoutError,
    asyncpg.exceptions.InterfaceError,
    asyncpg.exceptions.InternalClientError,  # the connection broke between two steps of a statement (tried: kill -9)
    *_PASSING,
)
"""What the driver and the pool raise, past SQLAlchemy's statements, where trying again later is right."""

_ABOUT_DATA = (
    asyncpg.exceptions.DataError,
    asyncpg.exceptions.IntegrityConstraintViolationError,
    asyncpg.exceptions.ProgramLimitExceededError,  # such as a value that no index can hold
)


def connect(
    url: str,
    pool_size: int = 5,
    statement_seconds: float = 60,
    idle_seconds: float | None = None,
    *,
    by_key: bool = False,
) -> AsyncEngine:
    """An engine on a `postgresql://` URL. Nothing is connected yet. A statement that takes longer is given up.

    PostgreSQL ends a transaction that nothing was asked in for `idle_seconds`, and lets go what it held: whoever froze
    holds up nobody. `by_key` is for whoever looks up many keys at once in tables that grow: no table is read whole and
    no hash made of it, whatever was known of its size when the statement was planned.
    """
    given = {} if idle_seconds is None else {"idle_in_transaction_session_timeout": str(round(idle_seconds * 1000))}
    if by_key:
        given |= dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin"), "off")
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"timeout": 5, "command_timeout": statement_seconds, "server_settings": given},
        # Errors are logged, and the parameters of a failed statement are what households' notifications hold.
        hide_parameters=True,
        json_deserializer=orjson.loads,
    )


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: committed at the end, rolled back on any error.

    Raises `Unavailable` where trying the same again later is right (PostgreSQL away, every connection busy, deadlock,
    serialization).
    """
    try:
        async with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        _let_no_locks_be_missing(_cause(error))
        if is_passing(error):
            raise Unavailable(f"PostgreSQL: {type(error.orig).__name__}") from error
        raise
    except DRIVER_PASSING as error:
        _let_no_locks_be_missing(error)
        raise Unavailable(f"PostgreSQL: {type(error).__name__}") from error


@asynccontextmanager
async def repeatable_read(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A read-only transaction that sees one moment from its first statement to its last."""
    async with transaction(engine) as connection:
        await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield connection


def is_passing(error: DBAPIError) -> bool:
    """Whether the error is about PostgreSQL's health now and not about what was asked."""
    return error.connection_invalidated or isinstance(_cause(error), (OSError, asyncio.TimeoutError, *_PASSING))


def is_about_data(error: Exception) -> bool:
    """Whether one of the rows may be at fault; otherwise the database itself is not as it should be."""
    # By asyncpg's own classes: SQLAlchemy does not tell its data errors apart, and COPY raises them unwrapped.
    cause = _cause(error) if isinstance(error, DBAPIError) else error
    return isinstance(cause, _ABOUT_DATA) or not isinstance(error, DBAPIError | asyncpg.exceptions.PostgresError)


def _let_no_locks_be_missing(cause: BaseException | None) -> None:
    """Raises `TooMuch` where a transaction found no room for its locks."""
    if isinstance(cause, asyncpg.exceptions.OutOfMemoryError):
        raise TooMuch("PostgreSQL has no room for so many locks; raise max_locks_per_transaction") from cause


def _cause(error: DBAPIError) -> BaseException | None:
    """What asyncpg raised, beneath SQLAlchemy's own wrapping of it."""
    return error.orig.__cause__ if error.orig is not None else None
