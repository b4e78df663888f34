"""Two registers held side by side, subject by subject, without holding either in memory."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from hub.services.rebuild import differences
from hub.services.rebuild.differences import Difference
from registry_store import side_by_side
from registry_store.engine import Connection
from registry_store.side_by_side import SUBJECTS, Key, Subject

MOST_NAMED = 200
"""Rows of one subject whose differences are named; the others are counted."""


@dataclass(frozen=True)
class Compared:
    """How many rows of a subject there are in the register, how many differ, and in what the first of these do."""

    subject: str
    rows: int
    differing: int
    differences: tuple[Difference, ...]

    @property
    def not_named(self) -> int:
        return max(0, self.differing - MOST_NAMED)


async def compare(present: Connection, rebuilt: Connection, say: Callable[[str], None]) -> tuple[Compared, ...]:
    """Each subject in turn; says of each how it came out."""
    found = []
    for subject in SUBJECTS:
        compared = await _compared(subject, present, rebuilt)
        say(f"{compared.subject}: {compared.rows} rows, {compared.differing} differ")
        found.append(compared)
    return tuple(found)


async def _compared(subject: Subject, present: Connection, rebuilt: Connection) -> Compared:
    keys: list[Key] = []
    rows = differing = 0
    async for key, one, other in merged(side_by_side.digests(present, subject), side_by_side.digests(rebuilt, subject)):
        rows += one is not None
        if one != other:
            differing += 1
            if len(keys) < MOST_NAMED:
                keys.append(key)
    found_present = await side_by_side.rows(present, subject, keys)
    found_rebuilt = await side_by_side.rows(rebuilt, subject, keys)
    named = [d for k in keys for d in differences.between(subject, found_present.get(k), found_rebuilt.get(k))]
    return Compared(subject.name, rows, differing, tuple(named))


Digests = AsyncIterator[tuple[Key, str]]


async def merged(one: Digests, other: Digests) -> AsyncIterator[tuple[Key, str | None, str | None]]:
    """Every key of two ordered streams once, with its digest in each, or nothing where it is in one of them only."""
    mine, theirs = await anext(one, None), await anext(other, None)
    while mine is not None and theirs is not None:
        if mine[0] < theirs[0]:
            yield mine[0], mine[1], None
            mine = await anext(one, None)
        elif theirs[0] < mine[0]:
            yield theirs[0], None, theirs[1]
            theirs = await anext(other, None)
        else:
            yield mine[0], mine[1], theirs[1]
            mine, theirs = await anext(one, None), await anext(other, None)
    while mine is not None:
        yield mine[0], mine[1], None
        mine = await anext(one, None)
    while theirs is not None:
        yield theirs[0], None, theirs[1]
        theirs = await anext(other, None)
