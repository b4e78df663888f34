"""What the database server says of itself."""

from dataclasses import dataclass
from datetime import datetime

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import migrate


@dataclass(frozen=True)
class Server:
    version: str
    max_connections: int
    max_locks_per_transaction: int
    fsync: bool
    synchronous: bool

    @property
    def durability(self) -> str:
        return f"fsync {'on' if self.fsync else 'OFF'}, synchronous_commit {'on' if self.synchronous else 'OFF'}"


async def server(connection: AsyncConnection) -> Server:
    row = (
        await connection.execute(
            text(
                "SELECT current_setting('server_version') AS version,"
                " current_setting('max_connections')::bigint AS connections,"
                " current_setting('max_locks_per_transaction')::bigint AS locks,"
                " current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous"
            )
        )
    ).one()
    return Server(row.version, row.connections, row.locks, row.fsync == "on", row.synchronous != "off")


async def replayed_until(connection: AsyncConnection) -> datetime | None:
    """When the last transaction was committed that was brought back by a restore; none where the server was not
    restored since its start."""
    found = await connection.execute(text("SELECT pg_last_xact_replay_timestamp()"))
    moment: datetime | None = found.scalar()
    return moment


async def migrations_left(connection: AsyncConnection) -> bool:
    """Whether the tables are older than this version needs."""
    return await connection.run_sync(_behind)


def newest(connection: Connection) -> str | None:
    """The shape of the tables that this version needs."""
    return ScriptDirectory.from_config(migrate.config(connection)).get_current_head()


def _behind(connection: Connection) -> bool:
    return MigrationContext.configure(connection).get_current_revision() != newest(connection)
