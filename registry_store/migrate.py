"""Brings a database to the present shape of the register."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from registry_store.engine import transaction

MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 0x666D6D67  # "fmmg": two processes that start together migrate one after the other


def config(connection: Connection) -> Config:
    """Alembic's configuration on an open connection, whose transaction is the caller's."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


async def migrate(engine: AsyncEngine) -> None:
    """Runs what is left to run; nothing when the database is up to date."""
    async with transaction(engine) as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    command.upgrade(config(connection), "head")
