"""A rolling upgrade: tables are added to under load, and the processes replaced one by one."""

import asyncio
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from hub import running
from hub.embedded.stack import Stack
from registry_store import health, migrate
from registry_store.engine import connect, transaction
from tests.support.sending import Sending
from tests.support.wait import until

ROLLED = ("door", "worker", "relay")
NEXT = """
import sqlalchemy as sa
from alembic import op
from registry_store import tables

revision = "next"
down_revision = "{head}"


def upgrade():
    for table in tables.metadata.sorted_tables:
        op.add_column(table.name, sa.Column("of_the_next_version", sa.Text(), nullable=True))
    op.create_table("of_the_next_version", sa.Column("one", sa.BigInteger(), primary_key=True))
"""
"""The next version of the tables: each has a column more."""


async def expand(stack: Stack, folder: Path) -> None:
    """Runs the next version's migration as `hub prepare` would, in one transaction."""
    engine = connect(stack.settings.database or "")

    def upgrade(connection: Connection) -> None:
        made = migrate.config(connection)
        (folder / "next.py").write_text(NEXT.format(head=health.newest(connection)))
        made.set_main_option("path_separator", "newline")
        made.set_main_option("version_locations", f"{migrate.MIGRATIONS / 'versions'}\n{folder}")
        command.upgrade(made, "head")

    try:
        async with transaction(engine) as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


async def replace(stack: Stack, role: str) -> None:
    """The process ends and another takes its place, which first works with the tables as they are now."""
    before = stack.supervisor.restarts(role)
    await asyncio.to_thread(stack.supervisor.kill, role)
    await asyncio.to_thread(
        until, lambda: stack.supervisor.restarts(role) > before and stack.supervisor.pid(role) is not None, role, 60.0
    )
    await asyncio.to_thread(stack.wait_ready)


async def roll(stack: Stack, folder: Path, count: int) -> Sending:
    sending = Sending(running.development_identity(stack.data, "installer-1"))
    await sending.send(stack.url, 25)
    flood = asyncio.create_task(sending.send(stack.url, count))
    await expand(stack, folder)
    for role in ROLLED:
        await replace(stack, role)
    await flood
    await sending.send(stack.url, 25)
    return sending
