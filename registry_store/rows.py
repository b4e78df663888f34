"""Rows as the driver gives them, in the caller's transaction: what is read of every batch goes past SQLAlchemy."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import driver
from schemas.made import made
from schemas.records.record import Record

R = TypeVar("R", bound=Record)


async def fetch(connection: AsyncConnection, statement: str, *values: Any) -> Sequence[asyncpg.Record]:
    """The rows of a statement with `$1`, `$2` ... for the values."""
    raw = await driver.within(connection)
    found: Sequence[asyncpg.Record] = await raw.fetch(statement, *values)
    return found


async def records(connection: AsyncConnection, kind: type[R], statement: str, *values: Any) -> list[R]:
    """The same as records of a kind that has no lists, by the names of its columns, not checked: they are ours.

    Columns that it does not know are passed over: in an upgrade a newer version may have added some already.
    """
    found = await fetch(connection, statement, *values)
    if found and len(found[0]) > len(kind.model_fields):
        return [made(kind, **{name: row[name] for name in kind.model_fields}) for row in found]
    return [made(kind, **row) for row in found]


def as_json(values: Iterable[Any]) -> str:
    """Many values as one parameter. Given an array, the driver looks at every item of it in Python."""
    return orjson.dumps(list(values), default=str).decode()


def read(of: type[R], found: Iterable[asyncpg.Record]) -> list[R]:
    """Rows as records, lists and all."""
    return [of.model_validate(dict(row)) for row in found]
