"""Waits for what is to come about, and for no longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_AGAIN_SECONDS = 0.03


async def eventually(look: Callable[[], Awaitable[T]], within: float = 20.0) -> T:
    """The first answer that says yes. Fails when there is none in time."""
    until = time.monotonic() + within
    while not (found := await look()):
        assert time.monotonic() < until, f"{getattr(look, '__name__', look)} did not come about within {within} s"
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return found
