"""One leader among relays."""

import pytest
from sqlalchemy import text

from hub.errors import Unavailable
from registry_store import leadership, outbox
from registry_store.engine import Engine, connect, transaction
from tests.registry_store.test_outbox import a_row


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


async def test_the_leader_is_woken_by_what_is_put_into_the_outbox(engine: Engine) -> None:
    async with leadership.held(engine) as leader:
        assert leader is not None
        await leader.confirm()
        async with transaction(engine) as connection:
            await outbox.add(connection, [a_row()])
        # Were it not woken, the time limit of this test would end it.
        await leader.woken(3600)
