"""Rows by the driver's own hand, for what is read of every batch: SQLAlchemy's results cost as much again."""

from collections.abc import Sequence
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.records.record import Record

R = TypeVar("R", bound=Record)


async def fetch(connection: AsyncConnection, statement: str, *arguments: Any) -> Sequence[asyncpg.Record]:
    """What a statement finds, in the caller's transaction. Arguments are $1 and on."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    if not driver.is_in_transaction():
        # SQLAlchemy begins a transaction with its first statement, and this goes past it: no lock would last.
        await connection.execute(text("SELECT 1"))
    found: Sequence[asyncpg.Record] = await driver.fetch(statement, *arguments)
    return found


async def records(connection: AsyncConnection, kind: type[R], statement: str, *arguments: Any) -> list[R]:
    """The same as records of a kind that has no lists, by the names of its columns."""
    return [_of_own(kind, dict(row)) for row in await fetch(connection, statement, *arguments)]


def _of_own(kind: type[R], values: dict[str, Any]) -> R:
    """A record of our own table, whose types need no checking. `model_construct` takes five times as long."""
    made = kind.__new__(kind)
    object.__setattr__(made, "__dict__", values)
    object.__setattr__(made, "__pydantic_fields_set__", set(values))
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made
