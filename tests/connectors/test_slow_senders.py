"""Connections and unfinished bodies have an end, whoever opens them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from connectors.body_reader import BodyReader
from hub.connections import Limited
from hub.routes import Handler
from tests.support.waiting import eventually

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[int], Awaitable[Connection]]


@asynccontextmanager
async def serving(handler: Handler, most: int = 100) -> AsyncIterator[int]:
    """The port of a server with one route."""
    app = web.Application()
    app.router.add_route("*", "/", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(Limited(runner, most), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await runner.cleanup()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes connections, which are closed at the end."""
    made: list[Connection] = []

    async def one(port: int) -> Connection:
        made.append(await asyncio.open_connection("127.0.0.1", port))
        return made[-1]

    yield one
    for connection in made:
        await close(connection)


async def close(connection: Connection) -> None:
    connection[1].close()
    with suppress(ConnectionError):
        await connection[1].wait_closed()


async def begin(connection: Connection, length: int, sent: int) -> Connection:
    """A request whose body has begun to come."""
    connection[1].write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length + bytes(sent))
    await connection[1].drain()
    await asyncio.sleep(0.05)
    return connection


async def answer(connection: Connection) -> bytes:
    async with asyncio.timeout(10):
        return await connection[0].read(4096)


async def test_bodies_that_do_not_end_are_held_up_to_a_limit(connect: Connect) -> None:
    reader = BodyReader(most_held=300_000)

    async def read(request: web.Request) -> web.Response:
        found = await reader.read(request, 200_000)
        return web.Response(text=str(len(found)) if isinstance(found, bytes) else found.code)

    async with serving(read) as port:
        slow = [await begin(await connect(port), 190_000, sent=100_000) for _ in range(2)]
        assert b"busy" in await answer(await begin(await connect(port), 190_000, sent=150_000))
        for connection in slow:
            connection[1].write(bytes(90_000))
            assert b"190000" in await answer(connection)
        after = await begin(await connect(port), 190_000, sent=190_000)
        assert b"190000" in await answer(after), "what was held is let go"


async def test_a_slow_sender_is_given_up(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.body_reader.READ_SECONDS", 0.3)

    async def read(request: web.Request) -> web.Response:
        await BodyReader().read(request, 1000)
        return web.Response()

    async with serving(read) as port:
        assert b" 408 " in await answer(await begin(await connect(port), 100, sent=10))


async def test_a_connection_too_many_is_told_so_and_leaves_the_others_alone(connect: Connect) -> None:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    async with serving(hello, most=3) as port:
        there = [await begin(await connect(port), 0, sent=0) for _ in range(3)]
        assert (await answer(await connect(port))).startswith(b"HTTP/1.1 503 ")
        for connection in there:
            assert b"hello" in await answer(connection)
        await close(there[0])

        async def room_again() -> bool:
            with suppress(ConnectionError):
                return b"hello" in await answer(await begin(await connect(port), 0, sent=0))
            return False

        await eventually(room_again)
