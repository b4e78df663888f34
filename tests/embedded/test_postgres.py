"""The embedded PostgreSQL is a real one, and what was committed outlives kill -9 of it and of the hub."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from hub.embedded.part import PartUnavailable
from hub.embedded.postgres import EmbeddedPostgres

HUB_THAT_WAITS = """
import sys, time
from pathlib import Path
from hub.embedded.postgres import EmbeddedPostgres
part = EmbeddedPostgres(Path(sys.argv[1]), lambda _: None)
part.start()
print(part.pid, flush=True)
time.sleep(600)
"""


def hub_that_waits(data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", HUB_THAT_WAITS, str(data)], stdout=subprocess.PIPE, text=True)


def is_there(quoted_path: str) -> bool:
    return Path(unquote(quoted_path)).exists()


@pytest.fixture
def postgres(data: Path) -> Iterator[EmbeddedPostgres]:
    part = EmbeddedPostgres(data, print)
    yield part
    part.stop()


async def run(part: EmbeddedPostgres, *statements: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(part.address)
    try:
        rows: list[asyncpg.Record] = []
        for statement in statements:
            rows = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


async def test_committed_rows_survive_kill_9_and_stop(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    address = postgres.address
    await run(postgres, "CREATE TABLE register (asset int)", "INSERT INTO register VALUES (1)")
    family = psutil.Process(postgres.pid).children(recursive=True)
    postgres.kill()
    assert not postgres.alive()
    assert not [child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    postgres.start()
    await run(postgres, "INSERT INTO register VALUES (2)")
    postgres.stop()
    postgres.start()
    assert postgres.address == address
    assert [row["asset"] for row in await run(postgres, "SELECT asset FROM register ORDER BY asset")] == [
        1,
        2,
    ]


async def test_the_settings_keep_what_was_committed(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    wanted = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "jit": "off",
        "data_checksums": "on",
    }
    names = ", ".join(f"'{name}'" for name in wanted)
    rows = await run(postgres, f"SELECT name, setting FROM pg_settings WHERE name IN ({names})")  # noqa: S608
    assert dict(rows) == wanted


async def test_a_failing_statement_leaves_no_values_in_the_log(postgres: EmbeddedPostgres, data: Path) -> None:
    postgres.start()
    await run(
        postgres,
        "CREATE TABLE premises (place text PRIMARY KEY)",
        "INSERT INTO premises VALUES ('12 Elm Row')",
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await run(postgres, "INSERT INTO premises VALUES ('12 Elm Row')")
    log = (data / "postgres" / "postgres.log").read_text()
    assert "premises_pkey" in log
    assert "Elm" not in log


async def test_a_data_path_too_long_for_a_socket_works(data: Path) -> None:
    part = EmbeddedPostgres(data / "a long path" / ("x" * 120), print)
    part.start()
    engine = create_async_engine(part.address.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT current_database()"))).scalar_one() == "fmar"
    finally:
        await engine.dispose()
        part.stop()
    assert not is_there(part.address.split("host=")[1])


async def test_two_hubs_run_beside_each_other(postgres: EmbeddedPostgres, data: Path) -> None:
    other = EmbeddedPostgres(data / "other", print)
    postgres.start()
    other.start()
    try:
        await run(postgres, "CREATE TABLE ours ()")
        assert await run(other, "SELECT to_regclass('ours') AS found") == [(None,)]
    finally:
        other.stop()


async def test_the_database_of_a_killed_hub_is_taken_up_and_that_of_a_living_one_is_not(
    postgres: EmbeddedPostgres, data: Path
) -> None:
    with hub_that_waits(data) as hub:
        assert hub.stdout is not None
        left = int(hub.stdout.readline())
        with pytest.raises(PartUnavailable, match=f"running .process {hub.pid}.*--data"):
            postgres.start()
        hub.send_signal(signal.SIGKILL)
    postgres.start()
    assert postgres.pid != left
    assert not psutil.pid_exists(left)
    assert await run(postgres, "SELECT 1 AS one") == [(1,)]
