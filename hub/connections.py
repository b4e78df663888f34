"""How many connections the HTTP door holds. One more is told so and closed, before anything of it is read."""

import asyncio
from typing import cast

from aiohttp import web

from hub import metrics

KEEP_ALIVE_SECONDS = 75.0
"""How long a connection may be without a whole request, from its beginning or after an answer."""
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Limited:
    """Makes what serves a connection, for as long as there are not too many."""

    def __init__(self, runner: web.AppRunner, most: int) -> None:
        self._runner = runner
        self._most = most

    def __call__(self) -> asyncio.Protocol:
        server = self._runner.server
        if server is not None and len(server.connections) < self._most:
            return server()
        metrics.CONNECTIONS_REFUSED.inc()
        return _Refusal()


class _Refusal(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked: uvloop's transports have the methods and not the base class.
        made = cast(asyncio.Transport, transport)
        made.write(_BUSY)
        made.close()
