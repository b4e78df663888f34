"""Reference rows that are never overwritten: what is stated anew ends the row before, which stays to be read.

A table of this kind has `known_from` and `known_to`; of the rows of one subject the current one has no `known_to`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk

_CLOCK = ("known_from", "known_to")


@dataclass(frozen=True)
class Merged:
    """How many subjects were new, how many were stated otherwise than before, how many the same."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def stated(table: Table) -> tuple[str, ...]:
    """The columns that a statement gives, in the order in which `merge` takes them."""
    return tuple(column.name for column in table.columns if column.name not in _CLOCK)


async def merge(
    connection: AsyncConnection,
    table: Table,
    subject: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    now: datetime,
) -> Merged:
    """Takes statements (values of `stated(table)`) into a table; no `subject` (values of those columns) twice.

    The rows go through a staging table by COPY. Whoever merges into the same table waits for the caller's commit.
    """
    if not rows:
        return Merged()
    staged = f"staged_{table.name}"
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": staged})
    await connection.execute(
        text(f"CREATE TEMP TABLE IF NOT EXISTS {staged} (LIKE {table.name} INCLUDING DEFAULTS) ON COMMIT DROP")
    )
    await connection.execute(text(f"TRUNCATE {staged}"))
    names = stated(table)
    await bulk.copy(connection, staged, (*names, "known_from"), [(*row, now) for row in rows])
    # Each row looks up its own subject, in an index: left to itself the planner reads the whole table for each chunk.
    await _ways(connection, "off")
    found = await connection.execute(text(_statement(table, staged, subject)), {"now": now})
    await _ways(connection, "on")
    met, changed, written = found.one()
    return Merged(written - changed, changed, met - written)


async def _ways(connection: AsyncConnection, setting: str) -> None:
    for way in ("hashjoin", "mergejoin", "seqscan", "bitmapscan"):
        await connection.execute(text(f"SET LOCAL enable_{way} = {setting}"))


def _statement(table: Table, staged: str, subject: tuple[str, ...]) -> str:
    names = stated(table)
    content = [name for name in names if name not in subject]
    columns = ", ".join((*names, *_CLOCK))
    return f"""
        WITH met AS MATERIALIZED (
            SELECT new.*, current.at, current.same
            FROM {staged} new
            LEFT JOIN LATERAL (
                SELECT old.ctid AS at, ({_of("old", content)}) IS NOT DISTINCT FROM ({_of("new", content)}) AS same
                FROM {table.name} old
                WHERE ({_of("old", subject)}) = ({_of("new", subject)}) AND old.known_to IS NULL
                LIMIT 1
            ) current ON true
        ),
        ended AS (
            UPDATE {table.name} old SET known_to = :now FROM met WHERE old.ctid = met.at AND NOT met.same RETURNING 1
        ),
        written AS (
            INSERT INTO {table.name} ({columns}) SELECT {columns} FROM met WHERE same IS NOT TRUE RETURNING 1
        )
        SELECT (SELECT count(*) FROM met), (SELECT count(*) FROM ended), (SELECT count(*) FROM written)
    """


def _of(alias: str, names: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
