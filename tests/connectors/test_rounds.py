"""Whoever waits at one moment goes on together; nobody is lost, and nobody overtakes."""

import asyncio
from collections.abc import Sequence

import pytest

from connectors.rounds import Rounds


class Looking:
    """A look that takes as long as a test wants."""

    def __init__(self) -> None:
        self.looks: list[list[str]] = []
        self.settled: list[str] = []
        self.may_end = asyncio.Event()

    async def look(self, items: Sequence[str]) -> int:
        self.looks.append(list(items))
        number = len(self.looks)
        await self.may_end.wait()
        return number

    async def settle(self, items: Sequence[str], seen: int) -> list[str]:
        self.settled += items
        await asyncio.sleep(0)
        if "broken" in items:
            raise RuntimeError("broken")
        return [f"{item} in round {seen}" for item in items]


async def a_moment() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_while_a_round_looks_shares_the_next() -> None:
    found = Looking()
    rounds = Rounds(found.look, found.settle)
    first = rounds.join(["a"])
    await a_moment()
    second, third = rounds.join(["b", "c"]), rounds.join(["d"])
    await a_moment()
    assert found.looks == [["a"]]
    found.may_end.set()
    assert await first.answers() == ["a in round 1"]
    assert await second.answers() == ["b in round 2", "c in round 2"]
    assert await third.answers() == ["d in round 2"]
    assert found.looks == [["a"], ["b", "c", "d"]]
    assert found.settled == ["a", "b", "c", "d"]


async def test_who_gives_up_waiting_does_not_end_the_round() -> None:
    found = Looking()
    rounds = Rounds(found.look, found.settle)
    impatient, other = asyncio.ensure_future(rounds.join(["a"]).answers()), rounds.join(["b"])
    await a_moment()
    impatient.cancel()
    await a_moment()
    found.may_end.set()
    assert await other.answers() == ["b in round 1"]
    assert found.settled == ["a", "b"]


async def test_a_round_that_fails_fails_for_all_in_it_and_for_nobody_else() -> None:
    found = Looking()
    rounds = Rounds(found.look, found.settle)
    bad, neighbour = rounds.join(["broken"]), rounds.join(["a"])
    await a_moment()
    later = rounds.join(["b"])
    found.may_end.set()
    for place in (bad, neighbour):
        with pytest.raises(RuntimeError):
            await place.answers()
    assert await later.answers() == ["b in round 2"]


async def test_closing_ends_what_is_going_on() -> None:
    found = Looking()
    rounds = Rounds(found.look, found.settle)
    place = rounds.join(["a"])
    await a_moment()
    await rounds.close()
    with pytest.raises(asyncio.CancelledError):
        await place.answers()
