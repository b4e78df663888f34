"""Which things hang together, found pair by pair, and how many they are."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Components(Generic[T]):
    """Disjoint sets; whatever was not joined to anything is one by itself."""

    def __init__(self) -> None:
        self._parent: dict[T, T] = {}
        self._size: dict[T, int] = {}

    def join(self, things: Iterable[T]) -> None:
        """Makes one component of all these."""
        roots = sorted({self.root(thing) for thing in things}, key=self._size_of, reverse=True)
        for root in roots[1:]:
            self._parent[root] = roots[0]
            self._size[roots[0]] = self._size_of(roots[0]) + self._size_of(root)

    def size(self, thing: T) -> int:
        """Of how many the component of a thing is."""
        return self._size_of(self.root(thing))

    def root(self, thing: T) -> T:
        """What stands for the component of a thing, until more is joined to it."""
        parent = self._parent.get(thing, thing)
        while parent != thing:
            thing, parent = parent, self._parent.get(parent, parent)
        return thing

    def _size_of(self, root: T) -> int:
        return self._size.get(root, 1)
