"""Waits until a door takes requests."""

import asyncio
import time

from bench.load.connection import Broken, connect
from bench.processes import Processes

PATIENCE_SECONDS = 60.0
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


async def ready(port: int, processes: Processes) -> None:
    """Returns when the door answers 200 on `/healthz`, or 404 where it has no such page. Raises `Broken` or `Ended`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        processes.check()
        try:
            connection = await connect(port)
            status = await connection.ask(HEALTH)
            connection.close()
            if status in (200, 404):
                return
        except (OSError, Broken):
            pass
        await asyncio.sleep(0.1)
    raise Broken(f"nothing on port {port} was ready within {PATIENCE_SECONDS:.0f} s")
