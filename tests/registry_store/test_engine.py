"""What each failure of PostgreSQL means: the data, the database as it is made, or its health now."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.errors import TooMuch, Unavailable
from registry_store import locks
from registry_store.engine import Engine, connect, is_about_data, repeatable_read, transaction
from tests.support.parts import Databases


async def failure(engine: Engine, statement: str, **values: Any) -> Exception:
    with pytest.raises(Exception) as raised:
        async with transaction(engine) as connection:
            await connection.execute(text(statement), values)
    assert isinstance(raised.value, Exception)
    return raised.value


async def copying(engine: Engine, table: str, row: tuple[Any, ...], *columns: str) -> Exception:
    with pytest.raises(Exception) as raised:
        async with transaction(engine) as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.copy_records_to_table(table, records=[row], columns=columns)
    assert isinstance(raised.value, Exception)
    return raised.value


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("SELECT CAST(:x AS text)", {"x": "nul \x00"}),
        ("SELECT CAST(:x AS jsonb)", {"x": '"nul \\u0000"'}),
        ("SELECT CAST(:x AS bigint)", {"x": 2**70}),
        ("SELECT CAST(CAST(:x AS text) AS date)", {"x": "31 February"}),
        ("SELECT 1 / CAST(:x AS bigint)", {"x": 0}),
        ("INSERT INTO feed VALUES ('twice', :x, 0), ('twice', :x, 0)", {"x": 1}),
        ("INSERT INTO feed (last_seq, published_seq) VALUES (:x, 0)", {"x": 1}),
    ],
)
async def test_data_may_be_at_fault(engine: Engine, statement: str, values: dict[str, Any]) -> None:
    assert is_about_data(await failure(engine, statement, **values))


async def test_a_text_that_no_index_holds_is_data(engine: Engine) -> None:
    statement = "INSERT INTO feed SELECT string_agg(md5(n::text), ''), 1, 0 FROM generate_series(1, :n) AS n"
    assert is_about_data(await failure(engine, statement, n=2000))


async def test_data_may_be_at_fault_in_a_copy(engine: Engine) -> None:
    assert is_about_data(await copying(engine, "feed", ("nul \x00", 1), "topic", "last_seq"))


@pytest.mark.parametrize("statement", ["SELECT * FROM no_such_table", "SELECT no_such_column FROM asset", "SELEC"])
async def test_a_database_that_is_made_otherwise_is_no_fault_of_the_data(engine: Engine, statement: str) -> None:
    error = await failure(engine, statement)
    assert isinstance(error, DBAPIError)
    assert not is_about_data(error)


async def test_nor_is_it_in_a_copy(engine: Engine) -> None:
    assert not is_about_data(await copying(engine, "no_such_table", (1,), "n"))


async def test_errors_do_not_repeat_what_a_statement_was_given(engine: Engine) -> None:
    assert "1012345678903" not in str(
        await failure(engine, "SELECT * FROM no_such_table WHERE a = :x", x="1012345678903")
    )


async def test_an_error_of_ours_is_about_data() -> None:
    assert is_about_data(KeyError("a rule met something that nobody thought of"))


async def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    engine = connect(f"postgresql://postgres@/nowhere?host={tmp_path}")
    assert isinstance(await failure(engine, "SELECT 1"), Unavailable)
    await engine.dispose()


async def test_an_ended_session_is_unavailable_and_the_next_one_works(engine: Engine) -> None:
    assert isinstance(await failure(engine, "SELECT pg_terminate_backend(pg_backend_pid())"), Unavailable)
    async with transaction(engine) as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1


async def test_a_deadlock_is_unavailable_for_one_of_the_two(engine: Engine) -> None:
    async def take(first: int, second: int, met: asyncio.Barrier) -> None:
        async with transaction(engine) as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": first})
            await met.wait()
            await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": second})

    met = asyncio.Barrier(2)
    done = await asyncio.gather(take(1, 2, met), take(2, 1, met), return_exceptions=True)
    assert sorted(type(d).__name__ for d in done) == ["NoneType", "Unavailable"]


async def test_a_batch_that_needs_more_locks_than_there_is_room_for_is_too_much(engine: Engine) -> None:
    with pytest.raises(TooMuch):
        async with transaction(engine) as connection:
            await locks.take(connection, (str(n) for n in range(200_000)))


async def test_when_every_connection_is_busy_it_is_unavailable(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = connect(database, pool_size=1)
    monkeypatch.setattr(engine.sync_engine.pool, "_timeout", 0.05)
    async with transaction(engine):
        assert isinstance(await failure(engine, "SELECT 1"), Unavailable)
    await engine.dispose()


async def test_a_repeatable_read_sees_one_moment(engine: Engine) -> None:
    async def feeds() -> int:
        return int((await reading.execute(text("SELECT count(*) FROM feed"))).scalar_one())

    async with repeatable_read(engine) as reading:
        before = await feeds()
        async with transaction(engine) as writing:
            await writing.execute(text("INSERT INTO feed VALUES ('later', 1, 0)"))
        assert await feeds() == before


async def test_a_server_that_stops_is_unavailable(databases: Databases, engine: Engine) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT 1"))
    databases.server.stop()
    try:
        assert isinstance(await failure(engine, "SELECT 1"), Unavailable)
        assert isinstance(await failure(engine, "SELECT 1"), Unavailable)
    finally:
        databases.server.start()
    async with transaction(engine) as connection:
        await connection.execute(text("SELECT 1"))


async def test_a_transaction_that_stands_still_lets_go_what_it_holds(database: str) -> None:
    frozen, next_one = connect(database, idle_seconds=0.2), connect(database)
    with pytest.raises(Unavailable):
        async with transaction(frozen) as connection:
            await connection.execute(text("INSERT INTO feed VALUES ('held', 1, 0)"))
            async with asyncio.timeout(20), transaction(next_one) as other:
                await other.execute(text("INSERT INTO feed VALUES ('held', 2, 0)"))
            await connection.execute(text("SELECT 1"))
    await frozen.dispose()
    await next_one.dispose()


async def test_a_connection_that_breaks_between_two_steps_of_a_statement_is_a_reason_to_try_again(
    engine: Engine,
) -> None:
    with pytest.raises(Unavailable):
        async with transaction(engine):
            # What asyncpg says of it, once in many kills of PostgreSQL.
            raise asyncpg.exceptions.InternalClientError("cannot switch to state 12; another operation is in progress")


async def test_who_looks_up_by_key_reads_no_table_whole_however_small_it_was_taken_for(database: str) -> None:
    by_key = connect(database, by_key=True)
    try:
        async with transaction(by_key) as connection:
            plan = await connection.execute(
                text("EXPLAIN SELECT * FROM sighting WHERE source = 'a' AND reference = 'b'")
            )
            assert "Seq Scan" not in " ".join(row[0] for row in plan)
    finally:
        await by_key.dispose()
