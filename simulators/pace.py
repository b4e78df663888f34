"""Keep to a rate, and do many things side by side without making a task for each at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TypeVar

T = TypeVar("T")


class Pace:
    """Lets `per_second` through, evenly, and makes up for no pause. None: everything at once."""

    def __init__(self, per_second: float | None) -> None:
        self._gap = 0.0 if per_second is None else 1.0 / per_second
        self._next = 0.0

    async def turn(self, messages: int = 1) -> None:
        """Returns when so many more messages may go."""
        if not self._gap:
            return
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now)
        wait = self._next - now
        self._next += self._gap * messages
        if wait > 0:
            await asyncio.sleep(wait)


async def side_by_side(items: Iterable[T], do: Callable[[T], Awaitable[None]], workers: int) -> None:
    """Does each item once, `workers` at a time, taken in their order. The first error ends it."""
    queue = iter(items)

    async def work() -> None:
        for item in queue:
            await do(item)

    await together(*(work() for _ in range(workers)))


async def together(*jobs: Coroutine[None, None, None]) -> None:
    """Does all of them at once. The first error ends the others and is raised as it is, not in a group."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
