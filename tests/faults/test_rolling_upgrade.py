"""A migration that only adds, under load: the running version goes on, and its processes are replaced one by one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection

from hub import running, settings
from hub.embedded.stack import Stack
from registry_store import health, migrate
from registry_store.engine import connect, transaction
from tests.support.sending import Sending, nothing_is_lost
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


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    made = Stack(settings.load(data=folder / "rolling", port=0), print)
    try:
        made.start()
        yield made
    finally:
        made.stop()


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


@pytest.mark.timeout(400)
async def test_nothing_is_lost_when_tables_are_added_to_and_processes_replaced_one_by_one(
    stack: Stack, tmp_path: Path
) -> None:
    sending = await roll(stack, tmp_path, 300)
    assert len(sending.acknowledged) == 350
    await nothing_is_lost(stack.settings, sending)


@pytest.mark.faults
@pytest.mark.timeout(1200)
async def test_nothing_is_lost_of_many_when_tables_are_added_to(stack: Stack, tmp_path: Path) -> None:
    sending = await roll(stack, tmp_path, 10_000)
    await nothing_is_lost(stack.settings, sending)
