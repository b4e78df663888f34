"""asyncpg beneath SQLAlchemy, for statements about many rows: it takes half the work a row."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def within(connection: AsyncConnection) -> Any:
    """The driver's connection, in the caller's transaction."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    if not driver.is_in_transaction():
        # SQLAlchemy begins a transaction with its first statement; what goes past it would be committed at once.
        await connection.execute(text("SELECT 1"))
    return driver
