"""The load generator that sends at its times whatever the door does."""

import asyncio

import pytest
from aiohttp import web

from bench.load import connection
from bench.load.connection import open_loop
from hub.connections import Limited

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
HELD, STANDS_STILL_SECONDS = 8, 0.4


async def test_a_door_that_stands_still_is_not_asked_over_more_connections_than_it_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", HELD)
    until = asyncio.get_running_loop().time() + STANDS_STILL_SECONDS

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(max(0.0, until - asyncio.get_running_loop().time()))
        return web.Response()

    app = web.Application()
    app.router.add_get("/", slow)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(Limited(runner, HELD), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        found = await open_loop(port, [REQUEST] * 60, 300, lambda *_: None)
    finally:
        server.close()
        await runner.cleanup()
    assert found.statuses == {200: 60}
    assert max(found.took) > STANDS_STILL_SECONDS / 2, "the wait for a connection counts"
