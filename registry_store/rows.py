"""Rows as the driver gives them, in the caller's transaction: what is read by the thousand goes past SQLAlchemy."""

from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch(connection: AsyncConnection, statement: str, *values: Any) -> list[asyncpg.Record]:
    """The rows of a statement with `$1`, `$2` ... for the values."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    if not driver.is_in_transaction():
        # SQLAlchemy begins a transaction with its first statement, and this goes past it.
        await connection.execute(text("SELECT 1"))
    found: list[asyncpg.Record] = await driver.fetch(statement, *values)
    return found
