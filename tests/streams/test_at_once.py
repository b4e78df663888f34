"""What needs no task gets none; what has to wait goes on in one, as if it had begun there."""

import asyncio

import pytest

from streams import at_once


async def test_what_never_waits_is_done_at_once() -> None:
    done = []

    async def work() -> None:
        done.append(1)

    assert at_once.begin(work()) is None
    assert done == [1]


async def test_what_waits_goes_on_in_a_task() -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def work() -> str:
        await first.wait()
        async with asyncio.Lock():
            await second.wait()
        return "done"

    rest = at_once.begin(work())
    assert rest is not None
    task = asyncio.create_task(rest)
    await asyncio.sleep(0)
    first.set()
    await asyncio.sleep(0)
    assert not task.done()
    second.set()
    assert await task == "done"


async def test_what_fails_fails_for_its_caller() -> None:
    async def work(wait: bool) -> None:
        if wait:
            await asyncio.sleep(0)
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        at_once.begin(work(wait=False))
    rest = at_once.begin(work(wait=True))
    assert rest is not None
    with pytest.raises(ValueError, match="failed"):
        await rest


async def test_a_cancellation_reaches_what_waits() -> None:
    told = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    rest = at_once.begin(work())
    assert rest is not None
    task = asyncio.create_task(rest)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == ["cancelled"]
