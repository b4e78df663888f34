"""`hub rebuild` as a person runs it, on a hub of its own with real Kafka and PostgreSQL."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from hub import running
from tests.support import command


@pytest.fixture(scope="module")
def data(folder: Path) -> Iterator[Path]:
    """The data folder of a running hub that has registered what simulators told it."""
    where = folder / "rebuild"
    with command.up(where):
        town = command.hub("simulate", "town", "--premises", "60", data=where)
        told = [
            command.hub("simulate", *actor.split(), "--count", "60", "--json", data=where)
            for actor in ("installer", "oem", "platform --kafka")
        ]
        assert [ran.code for ran in (town, *told)] == [0] * 4, (town, *told)
        assert command.hub("verify", "--json", data=where).code == 0
        yield where


def ask(data: Path, statement: str, *values: object) -> list[asyncpg.Record]:
    async def work() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(running.find(data).database)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(work())


def databases(data: Path) -> list[str]:
    return [row["datname"] for row in ask(data, "SELECT datname FROM pg_database WHERE datname LIKE '%rebuilt%'")]


def test_a_hub_that_was_left_alone_is_rebuilt_equal(data: Path) -> None:
    ran = command.hub("rebuild", "--json", data=data)
    assert ran.code == 0, ran.err
    assert ran.last_line["differences"] == []
    assert ran.last_line["equal"] is True
    accepted = ask(data, "SELECT sum(last_offset + 1) AS n FROM watermark")[0]["n"]
    assert ran.last_line["messages"] == accepted > 100
    assert ran.last_line["assets"] == ask(data, "SELECT count(*) AS n FROM asset WHERE merged_into IS NULL")[0]["n"]
    assert databases(data) == []


def test_what_was_changed_by_hand_is_named_and_the_rebuilt_register_can_be_kept(data: Path) -> None:
    asset = ask(data, "SELECT asset_id FROM asset WHERE merged_into IS NULL LIMIT 1")[0]["asset_id"]
    ask(data, "UPDATE asset SET status = 'VERIFIED?' WHERE asset_id = $1", asset)
    ran = command.hub("rebuild", "--keep", "--json", data=data)
    shown = command.hub("rebuild", "--show-values", data=data)
    assert (ran.code, ran.last_line["equal"]) == (1, False)
    (difference,) = ran.last_line["differences"]
    assert difference.startswith(f"asset {asset}: status is #")
    assert f'asset {asset}: status is "VERIFIED?" and rebuilt ' in shown.out
    (name,) = databases(data)
    assert name in ran.err
    ask(data, "UPDATE asset SET status = state->>'status' WHERE asset_id = $1", asset)
    ask(data, f'DROP DATABASE "{name}"')


@pytest.mark.parametrize("into", ["", "sqlite:///somewhere"])
def test_a_wrong_database_is_bad_use(data: Path, into: str) -> None:
    ran = command.hub("rebuild", "--into", into, data=data)
    assert (ran.code, len(ran.err.strip().splitlines())) == (2, 1)
    assert "--into" in ran.err
