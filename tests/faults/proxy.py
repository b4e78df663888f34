"""A bad wire: a proxy between two parts that can be slow, break, fall silent, or swallow what is answered."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 64 * 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
RESET = struct.pack("ii", 1, 0)


@dataclass
class Wire:
    """Each fault holds from when it is set; `swallowed` counts answers that never came."""

    delay: float = 0.0
    silent: bool = False
    swallow: int = 0
    swallowed: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None

    def reset(self) -> None:
        """Breaks every connection at once, without a goodbye."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result()

    async def _reset(self) -> None:
        for writer in list(self._open):
            _break(writer)

    async def carry(self, near: Streams, far: Streams) -> None:
        """Both ways until one side ends."""
        self._loop = asyncio.get_running_loop()
        self._open |= {near[1], far[1]}
        try:
            await asyncio.gather(
                self._one_way(near[0], far[1], answers=False), self._one_way(far[0], near[1], answers=True)
            )
        except OSError:
            pass
        finally:
            for writer in (near[1], far[1]):
                self._open.discard(writer)
                writer.close()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await reader.read(CHUNK):
            # Half open: neither side learns that nothing gets through any more.
            while self.silent:  # noqa: ASYNC110 - it is set from another thread
                await asyncio.sleep(0.05)
            if answers and self.swallow:
                self.swallow -= 1
                self.swallowed += 1
                _break(writer)
                raise ConnectionResetError
            if self.delay:
                await asyncio.sleep(self.delay)
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def _break(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


Listen = Callable[[Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]], Awaitable[asyncio.Server]]
Connect = Callable[[], Awaitable[Streams]]


@contextmanager
def tcp(port: int, to: int) -> Iterator[Wire]:
    """From one port of this machine to another."""
    with _running(
        lambda come: asyncio.start_server(come, "127.0.0.1", port), lambda: asyncio.open_connection("127.0.0.1", to)
    ) as wire:
        yield wire


@contextmanager
def unix(path: Path, to: Path) -> Iterator[Wire]:
    """From one socket in the file system to another."""
    with _running(lambda come: asyncio.start_unix_server(come, path), lambda: asyncio.open_unix_connection(to)) as wire:
        yield wire


@contextmanager
def _running(listen: Listen, connect: Connect) -> Iterator[Wire]:
    wire, ready, loop = Wire(), threading.Event(), asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        wire._loop = loop
        async with _served(wire, listen, connect):
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="wire", daemon=True)
    thread.start()
    assert ready.wait(10), "the wire is there"
    try:
        yield wire
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@asynccontextmanager
async def _served(wire: Wire, listen: Listen, connect: Connect) -> AsyncIterator[None]:
    carrying: set[asyncio.Task[None]] = set()

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        carrying.add(task)
        try:
            await wire.carry((reader, writer), await connect())
        except OSError:
            writer.close()
        finally:
            carrying.discard(task)

    server = await listen(come)
    try:
        yield
    finally:
        server.close()
        for task in list(carrying):
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
