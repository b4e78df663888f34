"""One leader among relays."""

import asyncpg
import pytest
from sqlalchemy import text

from hub.errors import Unavailable
from registry_store import leadership, outbox
from registry_store.engine import Engine, connect, transaction
from tests.registry_store.test_outbox import a_row
from tests.support import register
from tests.support.waiting import eventually


async def register_rows(engine: Engine) -> None:
    async with transaction(engine) as connection:
        await outbox.add(connection, [a_row(), a_row()])


async def test_while_one_leads_nobody_else_does(database: str, engine: Engine) -> None:
    other = connect(database)
    async with leadership.held(engine) as first:
        assert first is not None
        async with leadership.held(other) as second:
            assert second is None
    async with leadership.held(other) as second:
        assert second is not None
    await other.dispose()


async def test_who_loses_the_connection_loses_the_lead(database: str, engine: Engine) -> None:
    other = connect(database)
    with pytest.raises(Unavailable):
        async with leadership.held(engine) as leader:
            assert leader is not None
            await leader.confirm()
            async with transaction(other) as connection:
                await connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
                )
            async with leadership.held(other) as second:
                assert second is not None
                await leader.confirm()
    await other.dispose()


async def test_a_connection_that_breaks_between_two_steps_of_a_statement_is_lost_like_any_other(engine: Engine) -> None:
    with pytest.raises(Unavailable):
        async with leadership.held(engine):
            raise asyncpg.exceptions.InternalClientError("got result for unknown protocol state")


async def test_who_loses_the_connection_in_a_transaction_numbers_nothing(database: str, engine: Engine) -> None:
    await register_rows(engine)
    other = connect(database)
    with pytest.raises(Unavailable):
        async with leadership.held(engine) as leader:
            assert leader is not None
            async with leader.transaction() as connection:
                assert len(await outbox.number(connection, 10)) == 2
                async with transaction(other) as there:
                    await there.execute(
                        text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
                    )
    await other.dispose()
    assert [row.feed_seq for row in await register.outgoing(engine)] == [None, None]


async def test_a_leader_that_is_frozen_loses_the_lead(
    database: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "IDLE_SECONDS", 0.3)
    other = connect(database)

    async def another_leads() -> bool:
        async with leadership.held(other) as second:
            return second is not None

    with pytest.raises(Unavailable):
        async with leadership.held(engine) as leader:
            assert leader is not None
            await leader.lose_when_idle()
            assert not await another_leads()
            await eventually(another_leads)
            await leader.confirm()
    await other.dispose()


async def test_the_leader_is_woken_by_what_is_put_into_the_outbox(engine: Engine) -> None:
    async with leadership.held(engine) as leader:
        assert leader is not None
        await leader.confirm()
        async with transaction(engine) as connection:
            await outbox.add(connection, [a_row()])
        # Were it not woken, the time limit of this test would end it.
        await leader.woken(3600)
