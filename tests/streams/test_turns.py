"""Whose turn it is in a worker with messages of both lanes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from hub.rules import lanes
from streams.turns import Turns

PATIENCE = 5.0


@dataclass
class Worker:
    """Its clock stands still but for what a batch is said to take."""

    at: float = 1000.0
    did: list[str] = field(default_factory=list)
    most: int = 0
    _inside: int = 0

    def __post_init__(self) -> None:
        self.turns = Turns(500, 0.0, lambda: self.at)
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def live(self, name: str = "live", takes: float = 0.1) -> None:
        async with self.turns.live():
            await self._work(name, takes)

    async def bulk(self, name: str = "bulk", each: float | None = None, waiting: int = 500) -> int:
        async with self.turns.bulk(waiting) as size:
            await self._work(name, 0.1 if each is None else each * size)
        return size

    async def _work(self, name: str, takes: float) -> None:
        self._inside += 1
        self.most = max(self.most, self._inside)
        self.did.append(name)
        await asyncio.sleep(0)
        await self.goes_on.wait()
        self.at += takes
        self._inside -= 1


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    async with asyncio.timeout(PATIENCE):
        yield Worker()


async def test_one_batch_at_a_time(worker: Worker) -> None:
    await asyncio.gather(worker.live(), worker.bulk(), worker.live(), worker.bulk())
    assert worker.most == 1
    assert sorted(worker.did) == ["bulk", "bulk", "live", "live"]


async def test_what_is_under_way_is_waited_for_and_then_live_is_first(worker: Worker) -> None:
    worker.goes_on.clear()
    first = asyncio.create_task(worker.bulk("first"))
    await asyncio.sleep(0.02)
    second, live = asyncio.create_task(worker.bulk("second")), asyncio.create_task(worker.live())
    await asyncio.sleep(0.02)
    worker.goes_on.set()
    await asyncio.gather(first, second, live)
    assert worker.did == ["first", "live", "second"]


async def test_bulk_waits_for_live_messages_that_have_not_come_to_their_agent_yet(worker: Worker) -> None:
    coming = 3
    worker.turns.on_its_way = lambda: coming
    bulk = asyncio.create_task(worker.bulk())
    await asyncio.sleep(0.2)
    assert worker.did == []
    coming = 0  # A rebalance took them: nobody says so.
    await bulk
    assert worker.did == ["bulk"]


async def test_under_endless_live_load_bulk_has_its_share(worker: Worker) -> None:
    worker.turns.on_its_way = lambda: 1
    enough = asyncio.Event()

    async def endless_live() -> None:
        while not enough.is_set():
            await worker.live()

    async def bulk() -> None:
        for _ in range(4):
            await worker.bulk()
        enough.set()

    await asyncio.gather(endless_live(), bulk())
    between = "".join(name[0] for name in worker.did).split("b")[1:-1]
    assert [len(live) for live in between] == [10, 10, 10], "a tenth of the time"


async def test_a_bulk_agent_that_ends_while_it_waits_leaves_live_its_turn(worker: Worker) -> None:
    worker.goes_on.clear()
    live = asyncio.create_task(worker.live("long"))
    await asyncio.sleep(0.02)
    bulk = asyncio.create_task(worker.bulk())
    await asyncio.sleep(0.02)
    bulk.cancel()
    worker.goes_on.set()
    await asyncio.gather(live, worker.live())
    assert worker.did == ["long", "live"]


async def test_bulk_batches_are_smaller_while_live_messages_come_and_follow_the_speed(worker: Worker) -> None:
    async def settled(each: float) -> int:
        return [await worker.bulk(each=each) for _ in range(8)][-1]

    slow = await settled(0.004)
    await worker.live()
    slow_and_busy = await settled(0.004)
    fast_and_busy = await settled(0.001)
    worker.at += lanes.QUIET_SECONDS
    fast = await settled(0.001)
    assert slow_and_busy < slow < fast_and_busy < fast == 500
    assert await worker.bulk(waiting=7) == 7
