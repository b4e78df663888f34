"""One HTTP connection of the load generator: it writes a request and finds the end of the answer, no more.

A whole HTTP client takes as much time as the door that is measured, on the same cores.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from hub.errors import HubError

ACCEPTED = frozenset({200, 202, 207})
LONGEST_SECONDS = 180.0
FIRST_CONNECTIONS = 8
MOST_CONNECTIONS = 600
"""Of an open loop. The door refuses those above `HUB_MAX_CONNECTIONS`; while it stands still each request would open
one more."""


class Broken(HubError):
    """A connection ended or an answer could not be read."""


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._waiting: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked: uvloop's transports have the methods and not the base class.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._buffer = b""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Broken("the door closed the connection"))

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Sends a request; the status of its answer."""
        if self._transport is None:
            raise Broken("not connected")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    """The length of an answer's body. Raises `Broken` where the answer does not say."""
    _, found, rest = head.lower().partition(b"content-length:")
    if not found:
        raise Broken("an answer without Content-Length")
    return int(rest.partition(b"\r\n")[0])


async def connect(port: int) -> Connection:
    _, made = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return made


@dataclass
class Answered:
    """Answers by status, and how long each took, in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def check(self) -> None:
        """Raises `Broken` when a door refused something: the figure would be of something else."""
        refused = {status: count for status, count in self.statuses.items() if status not in ACCEPTED}
        if refused:
            raise Broken(f"the door refused some of the requests (status and how often): {refused}")


async def closed_loop(port: int, requests: Sequence[bytes], connections: int) -> Answered:
    """Sends all requests over so many connections, each with its next one as soon as it has its answer."""
    found, waiting, clock = Answered(), iter(requests), asyncio.get_running_loop().time
    made = [await connect(port) for _ in range(connections)]

    async def one(connection: Connection) -> None:
        for request in waiting:
            sent = clock()
            status = await connection.ask(request)
            found.took.append(clock() - sent)
            found.statuses[status] += 1

    began = clock()
    await asyncio.gather(*(one(connection) for connection in made))
    found.seconds = clock() - began
    for connection in made:
        connection.close()
    found.check()
    return found


async def open_loop(port: int, requests: Sequence[bytes], rate: float, sent: Callable[[int, float], None]) -> Answered:
    """Sends a request every 1/rate seconds, whether the last one is answered or not. `sent` hears of each number and
    the moment (of the loop's clock) at which it was due.

    The time that a request takes counts from when it was due, so that a door that stands still is not forgiven, nor is
    the wait for one of the connections.
    """
    found, idle, loop = Answered(), [], asyncio.get_running_loop()
    idle += [await connect(port) for _ in range(FIRST_CONNECTIONS)]
    room, tasks = asyncio.Semaphore(MOST_CONNECTIONS), []

    async def one(number: int, due: float) -> None:
        async with room:
            connection = idle.pop() if idle else await connect(port)
            status = await connection.ask(requests[number])
            found.took.append(loop.time() - due)
            found.statuses[status] += 1
            idle.append(connection)

    began = loop.time()
    for number in range(len(requests)):
        due = began + number / rate
        if (early := due - loop.time()) > 0:
            await asyncio.sleep(early)
        sent(number, due)
        tasks.append(asyncio.ensure_future(one(number, due)))
    async with asyncio.timeout(LONGEST_SECONDS):
        await asyncio.gather(*tasks)
    found.seconds = loop.time() - began
    for connection in idle:
        connection.close()
    found.check()
    return found
