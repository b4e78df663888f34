"""Things joined into groups, whatever the order of joining (union and find)."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Joined(Generic[T]):
    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def find(self, thing: T) -> T:
        """The one that stands for the thing's group."""
        top = thing
        while (above := self._above.get(top, top)) != top:
            top = above
        while (above := self._above.get(thing, thing)) != top:
            self._above[thing], thing = top, above
        return top

    def join(self, one: T, other: T) -> None:
        first, second = self.find(one), self.find(other)
        if first != second:
            self._above[second] = first

    def join_all(self, things: Iterable[T]) -> None:
        first: T | None = None
        for thing in things:
            if first is None:
                first = thing
            else:
                self.join(first, thing)
