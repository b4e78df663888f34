"""Many rows in one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import driver
from schemas.records.record import Record


async def append(
    connection: AsyncConnection, table: Table, rows: Sequence[Record], leave_out: tuple[str, ...] = ()
) -> None:
    """Adds rows with COPY, the fastest way in. A key that is there already is an error.

    `leave_out` names columns that the database fills.
    """
    if not rows:
        return
    names = [name for name in table.columns.keys() if name not in leave_out]  # noqa: SIM118 - a column collection, not a dict
    json_names = {column.name for column in table.columns if str(column.type) == "JSONB"}
    records = [tuple(_copied(getattr(row, name), name in json_names) for name in names) for row in rows]
    await copy(connection, table.name, names, records)


async def copy(
    connection: AsyncConnection, table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]
) -> None:
    """Adds records, values of `columns`, in the caller's transaction."""
    asyncpg = await driver.within(connection)
    await asyncpg.copy_records_to_table(table, records=records, columns=list(columns))


def _copied(value: Any, is_json: bool) -> Any:
    if is_json and value is not None:
        return orjson.dumps(value).decode()
    return list(value) if isinstance(value, tuple) else value


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Record]) -> None:
    """Adds rows, or replaces those with the same primary key."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    others = [column.name for column in table.columns if column.name not in keys]
    replace = ", ".join(f"{name} = excluded.{name}" for name in others)
    action = f"DO UPDATE SET {replace}" if others else "DO NOTHING"
    await connection.execute(
        text(
            f"INSERT INTO {table.name} SELECT * FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:rows AS jsonb))"
            f" ON CONFLICT ({', '.join(keys)}) {action}"
        ),
        {"rows": as_json(rows)},
    )


async def add_new(connection: AsyncConnection, table: Table, rows: Sequence[Record]) -> list[tuple[Any, ...]]:
    """Adds rows whose primary key is not there yet; gives the keys of those. No key may be there twice in one call."""
    if not rows:
        return []
    keys = ", ".join(column.name for column in table.primary_key)
    added = await connection.execute(
        text(
            f"INSERT INTO {table.name} SELECT * FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:rows AS jsonb))"
            f" ON CONFLICT ({keys}) DO NOTHING RETURNING {keys}"
        ),
        {"rows": as_json(rows)},
    )
    return [tuple(row) for row in added]


def as_json(rows: Sequence[Record]) -> str:
    """Rows as a JSON array that PostgreSQL reads back into their types (bytes in its hex form)."""
    # A record has no other classes within it, which is all that `model_dump` would unfold.
    return orjson.dumps([vars(row) for row in rows], default=_plain).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, UUID):
        # asyncpg's own UUIDs are a subclass, which orjson does not take for one.
        return str(value)
    raise TypeError(type(value).__name__)
