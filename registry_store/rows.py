"""Rows as the driver gives them, in the caller's transaction: what is read by the thousand goes past SQLAlchemy."""

from collections.abc import Iterable
from typing import Any, TypeVar

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.records.record import Record

R = TypeVar("R", bound=Record)


async def fetch(connection: AsyncConnection, statement: str, *values: Any) -> list[asyncpg.Record]:
    """The rows of a statement with `$1`, `$2` ... for the values."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    if not driver.is_in_transaction():
        # SQLAlchemy begins a transaction with its first statement, and this goes past it.
        await connection.execute(text("SELECT 1"))
    found: list[asyncpg.Record] = await driver.fetch(statement, *values)
    return found


def as_json(values: Iterable[Any]) -> str:
    """Many values as one parameter. Given an array, the driver looks at every item of it in Python."""
    return orjson.dumps(list(values), default=str).decode()


def read(of: type[R], found: Iterable[asyncpg.Record]) -> list[R]:
    """Rows as records."""
    return [of.model_validate(dict(row)) for row in found]
