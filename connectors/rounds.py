"""Requests that wait at one moment go on together: one look and one word to Kafka serve all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
SeenT = TypeVar("SeenT")
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class Place(Generic[AnswerT]):
    """Some neighbours of a round."""

    round: asyncio.Task[Sequence[AnswerT]]
    first: int
    end: int

    async def answers(self) -> Sequence[AnswerT]:
        # Whoever gives up waiting does not end the round for the others.
        return (await asyncio.shield(self.round))[self.first : self.end]


class Rounds(Generic[ItemT, SeenT, AnswerT]):
    """Each round looks, one round at a time, and is then settled beside those that look after it.

    Whoever comes while a round looks waits for the next: what happened meanwhile would not have been seen. Settling
    begins in the order of the rounds.
    """

    def __init__(
        self,
        look: Callable[[Sequence[ItemT]], Awaitable[SeenT]],
        settle: Callable[[Sequence[ItemT], SeenT], Awaitable[Sequence[AnswerT]]],
    ) -> None:
        self._look = look
        self._settle = settle
        self._one_looks = asyncio.Lock()
        self._next: tuple[list[ItemT], asyncio.Task[Sequence[AnswerT]]] | None = None
        self._going: set[asyncio.Task[Sequence[AnswerT]]] = set()

    def join(self, items: Sequence[ItemT]) -> "Place[AnswerT]":
        """A place in the next round, with an answer for each item."""
        if self._next is None:
            gathered: list[ItemT] = []
            self._next = gathered, asyncio.create_task(self._go(gathered))
            self._going.add(self._next[1])
            self._next[1].add_done_callback(self._going.discard)
        gathered, going = self._next
        first = len(gathered)
        gathered.extend(items)
        return Place(going, first, len(gathered))

    async def close(self) -> None:
        """Ends what is still going on; nobody waits for it any more."""
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    async def _go(self, gathered: Sequence[ItemT]) -> Sequence[AnswerT]:
        async with self._one_looks:
            self._next = None
            seen = await self._look(gathered)
        return await self._settle(gathered, seen)
