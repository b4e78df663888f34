"""The driver beneath SQLAlchemy, for what goes to and fro by the thousand: SQLAlchemy would cost as much again."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def driver(connection: AsyncConnection) -> Any:
    """asyncpg's connection, in the caller's transaction."""
    raw = await connection.get_raw_connection()
    found: Any = raw.driver_connection
    if not found.is_in_transaction():
        # SQLAlchemy begins a transaction with its first statement; what goes past it would commit at once.
        await connection.execute(text("SELECT 1"))
    return found
