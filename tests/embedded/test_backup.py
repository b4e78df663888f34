"""A backup of the embedded PostgreSQL is put back to a moment, or not at all."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from hub.embedded import backup
from hub.embedded.backup_folder import BackupFolder
from hub.embedded.part import PartUnavailable
from hub.embedded.postgres import EmbeddedPostgres
from tests.support.parts import say_nothing

NAME = 'it\'s 100% ours, "all" of it'
"""Of a folder: for PostgreSQL, its configuration and a shell."""


@pytest.fixture
def backups(data: Path) -> BackupFolder:
    return BackupFolder(data / NAME)


@pytest.fixture
def postgres(data: Path, backups: BackupFolder) -> Iterator[EmbeddedPostgres]:
    part = EmbeddedPostgres(data, say_nothing, backups)
    part.start()
    yield part
    part.stop()


async def run(part: EmbeddedPostgres, *statements: str) -> list[int]:
    connection = await asyncpg.connect(part.address)
    try:
        for statement in statements:
            await connection.execute(statement)
        return [row["n"] for row in await connection.fetch("SELECT n FROM noted ORDER BY n")]
    finally:
        await connection.close()


async def test_it_goes_back_to_a_moment_or_as_far_as_can_be_and_goes_on_from_there(
    postgres: EmbeddedPostgres, backups: BackupFolder
) -> None:
    await run(postgres, "CREATE TABLE noted (n int)", "INSERT INTO noted VALUES (1)")
    backup.take(postgres, backups, datetime.now(UTC), say_nothing)
    await run(postgres, "INSERT INTO noted VALUES (2)")
    moment = datetime.now(UTC)
    await run(postgres, "INSERT INTO noted VALUES (3)")
    postgres.kill()

    with backup.restored(postgres, backups, None, datetime.now(UTC), say_nothing):
        assert await run(postgres) == [1, 2, 3], "what the archive does not have yet comes from where it lay"
    with backup.restored(postgres, backups, moment, datetime.now(UTC).replace(year=2099), say_nothing):
        assert await run(postgres, "INSERT INTO noted VALUES (4)") == [1, 2, 4]

    with backup.restored(postgres, backups, None, datetime.now(UTC).replace(year=2100), say_nothing):
        assert await run(postgres) == [1, 2, 4], "it is the course that was taken last"


async def test_where_the_backup_is_damaged_or_too_young_nothing_is_changed(
    postgres: EmbeddedPostgres, backups: BackupFolder
) -> None:
    before_all = datetime.now(UTC)
    await run(postgres, "CREATE TABLE noted (n int)", "INSERT INTO noted VALUES (1)")
    made = backup.take(postgres, backups, datetime.now(UTC), say_nothing)
    await run(postgres, "INSERT INTO noted VALUES (2)")
    postgres.stop()

    with pytest.raises(PartUnavailable, match=r"no backup in .* is as old as that"):
        put_back(postgres, backups, before_all)
    with pytest.raises(PartUnavailable, match="recovery ended before"):
        put_back(postgres, backups, datetime(2099, 1, 1, tzinfo=UTC))
    file = made.folder / "global" / "pg_control"
    file.write_bytes(bytes(reversed(file.read_bytes())))
    with pytest.raises(PartUnavailable, match=r"pg_control is not as it was"):
        put_back(postgres, backups, None)

    postgres.start()
    assert await run(postgres) == [1, 2]


def put_back(postgres: EmbeddedPostgres, backups: BackupFolder, to: datetime | None) -> None:
    with backup.restored(postgres, backups, to, datetime.now(UTC), say_nothing):
        pytest.fail("it was put back")
