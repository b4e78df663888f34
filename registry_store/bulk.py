"""Many rows in one statement.

Rows go to PostgreSQL with COPY, or as one array a column, in the text form of an array: given a list, the driver looks
at every item of it in Python, which costs several times as much as making the text and reading it together.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import driver
from schemas.records.record import Record

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_JSON, _TEXTS, _BYTES = "JSONB", "TEXT[]", "BYTEA"


async def append(
    connection: AsyncConnection, table: Table, rows: Sequence[Record], leave_out: tuple[str, ...] = ()
) -> None:
    """Adds rows with COPY, the fastest way in. A key that is there already is an error.

    `leave_out` names columns that the database fills.
    """
    if not rows:
        return
    kinds = {name: kind for name, kind in _kinds(table).items() if name not in leave_out}
    columns = [
        [*map(_json_text, values)] if kind == _JSON else values
        for kind, values in zip(kinds.values(), _values(rows, kinds), strict=True)
    ]
    await copy(connection, table.name, list(kinds), list(zip(*columns, strict=True)))


async def copy(
    connection: AsyncConnection, table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]
) -> None:
    """Adds records, values of `columns`, in the caller's transaction."""
    raw = await driver.within(connection)
    await raw.copy_records_to_table(table, records=records, columns=list(columns))


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Record]) -> None:
    """Adds rows, or replaces those with the same primary key."""
    if not rows:
        return
    raw = await driver.within(connection)
    await raw.execute(_upsert(table), *arrays(table, rows))


async def add_new(connection: AsyncConnection, table: Table, rows: Sequence[Record]) -> list[tuple[Any, ...]]:
    """Adds rows whose primary key is not there yet; gives the keys of those. No key may be there twice in one call."""
    if not rows:
        return []
    raw = await driver.within(connection)
    return [tuple(row) for row in await raw.fetch(_add_new(table), *arrays(table, rows))]


def arrays(table: Table, rows: Sequence[Record]) -> list[str]:
    """The values of `given`."""
    kinds = _kinds(table)
    return [
        array([*map(_ENCODED[kind], values)] if kind in _ENCODED else values)
        for kind, values in zip(kinds.values(), _values(rows, kinds), strict=True)
    ]


@cache
def given(table: Table) -> str:
    """Rows that come as arrays, one a column, from `$1` on: a query that gives them as rows of the table."""
    kinds = _kinds(table)
    columns = ", ".join(f"k.{name}::{kind}" if kind in _ENCODED else f"k.{name}" for name, kind in kinds.items())
    types = ("text" if kind in _ENCODED else kind for kind in kinds.values())
    handed = ", ".join(f"${n}::text::{kind}[]" for n, kind in enumerate(types, 1))
    return f"SELECT {columns} FROM unnest({handed}) AS k({', '.join(kinds)})"


def array(values: Sequence[Any]) -> str:
    """An array as PostgreSQL writes it, for a parameter such as `$1::text::bigint[]`.

    JSON has numbers, quoted texts and null in the very same way, but for control characters.
    """
    found = orjson.dumps(values, default=str).decode()
    if "\\" in found and "\\" in found.replace("\\\\", "").replace('\\"', ""):
        return "{" + ",".join(["null" if value is None else _quoted(str(value)) for value in values]) + "}"
    return "{" + found[1:-1] + "}"


@cache
def _upsert(table: Table) -> str:
    keys = [column.name for column in table.primary_key]
    others = [name for name in _kinds(table) if name not in keys]
    replace = ", ".join(f"{name} = excluded.{name}" for name in others)
    action = f"DO UPDATE SET {replace}" if others else "DO NOTHING"
    return f"{insert(table)} ON CONFLICT ({', '.join(keys)}) {action}"


@cache
def _add_new(table: Table) -> str:
    keys = ", ".join(column.name for column in table.primary_key)
    return f"{insert(table)} ON CONFLICT ({keys}) DO NOTHING RETURNING {keys}"


def insert(table: Table) -> str:
    """The start of a statement that adds what is `given`; within it the table is `t`."""
    return f"INSERT INTO {table.name} AS t ({', '.join(_kinds(table))}) {given(table)}"


@cache
def _kinds(table: Table) -> dict[str, str]:
    """The type of each column, in the order of the table."""
    return {column.name: column.type.compile(_DIALECT) for column in table.columns}


def _values(rows: Sequence[Record], names: Iterable[str]) -> list[list[Any]]:
    """The values of the rows, column by column."""
    # A record has no other classes within it, which is all that `model_dump` would unfold.
    found = [vars(row) for row in rows]
    return [list(map(itemgetter(name), found)) for name in names]


def _json_text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _array_text(values: Sequence[str] | None) -> str | None:
    """A list within a column of lists: an array of arrays would have to be a rectangle."""
    return None if values is None else array(values)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bytes_text(value: bytes | None) -> str | None:
    return None if value is None else f"\\x{value.hex()}"


_ENCODED: dict[str, Callable[[Any], str | None]] = {_JSON: _json_text, _TEXTS: _array_text, _BYTES: _bytes_text}
