"""PostgreSQL's primary dies in the middle of a flood and a replica takes over: nothing acknowledged is lost.

With a synchronous replica nothing is even repeated. Without, the last commits are gone with the primary: the journal
has what they came from, and the feeds begin a new epoch where they had told of it.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from hub import running, settings
from hub.embedded.stack import Stack
from tests.faults.rolling import roll
from tests.support.replica import Pair
from tests.support.sending import Sending, nothing_is_lost


@pytest.fixture
def pair(folder: Path, request: pytest.FixtureRequest) -> Iterator[Pair]:
    made = Pair(folder / request.node.name[:40])
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def stack(pair: Pair, folder: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A hub whose database is the pair's."""
    home = folder / request.node.name[:40] / "hub"
    made = Stack(settings.load(data=home, port=0, database=pair.url), print)
    try:
        made.start()
        yield made
    finally:
        made.stop()


async def fail_over_in_the_middle(stack: Stack, pair: Pair, sending: Sending, count: int) -> None:
    half, before = asyncio.Event(), len(sending.acknowledged)

    def told() -> None:
        if len(sending.acknowledged) >= before + count // 2:
            half.set()

    flood = asyncio.create_task(sending.send(stack.url, count, told))
    await half.wait()
    assert not flood.done(), "it fails in the middle of the flood"
    await asyncio.to_thread(pair.fail_over)
    await flood


async def epoch(pair: Pair) -> int:
    connection = await asyncpg.connect(pair.replica.address)
    try:
        return int(await connection.fetchval("SELECT coalesce(max(epoch), 1) FROM feed_epoch"))
    finally:
        await connection.close()


@pytest.mark.timeout(400)
async def test_nothing_is_lost_or_told_again_through_an_upgrade_and_the_death_of_the_primary(
    stack: Stack, pair: Pair, tmp_path: Path
) -> None:
    await asyncio.to_thread(pair.wait_for_the_replica, synchronous=True)
    sending = await roll(stack, tmp_path, 150)
    await fail_over_in_the_middle(stack, pair, sending, 150)
    assert len(sending.acknowledged) == 350
    await nothing_is_lost(stack.settings, sending)
    assert await epoch(pair) == 1


@pytest.mark.faults
@pytest.mark.timeout(1200)
async def test_nothing_acknowledged_is_lost_when_a_replica_takes_over_that_lacks_the_last_commits(
    stack: Stack, pair: Pair
) -> None:
    sending = Sending(running.development_identity(stack.data, "installer-1"))
    await sending.send(stack.url, 1000)
    await nothing_is_lost(stack.settings, sending)
    await asyncio.to_thread(pair.replica.stop)
    await sending.send(stack.url, 1000)
    await nothing_is_lost(stack.settings, sending)

    await asyncio.to_thread(pair.primary.kill)
    began = time.monotonic()
    await asyncio.to_thread(pair.replica.start)
    await asyncio.to_thread(pair.fail_over)

    await nothing_is_lost(stack.settings, sending)
    print(json.dumps({"commits_lost_of": 1000, "all_back_after_seconds": round(time.monotonic() - began, 1)}))
    assert await epoch(pair) == 2


@pytest.mark.faults
@pytest.mark.timeout(1200)
async def test_nothing_is_lost_of_many_when_a_synchronous_replica_takes_over(stack: Stack, pair: Pair) -> None:
    await asyncio.to_thread(pair.wait_for_the_replica, synchronous=True)
    began = time.monotonic()
    sending = Sending(running.development_identity(stack.data, "installer-1"))
    await fail_over_in_the_middle(stack, pair, sending, 10_000)
    await nothing_is_lost(stack.settings, sending)
    print(json.dumps({"messages": 10_000, "seconds": round(time.monotonic() - began, 1), "lost": 0}))
    assert await epoch(pair) == 1
