"""After the register was set back its feeds tell again what was told since: a new epoch says which numbers are void.

Numbers run on from the last that the register still knows. An event of an earlier epoch under a larger number is void;
what it told of is told again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FIRST = 1
"""The epoch of a register that was never set back."""


@dataclass(frozen=True)
class Start:
    """Where an epoch began on one topic: behind the number `after`."""

    epoch: int
    topic: str
    after: int


def present(starts: Sequence[Start]) -> int:
    return max((start.epoch for start in starts), default=FIRST)


def void_after(starts: Sequence[Start], topic: str, epoch: int) -> int | None:
    """The last number of a topic that still counts of what was told in an epoch; nothing where all of it does."""
    return min((start.after for start in starts if start.topic == topic and start.epoch > epoch), default=None)


def is_void(starts: Sequence[Start], topic: str, epoch: int, seq: int) -> bool:
    last = void_after(starts, topic, epoch)
    return last is not None and seq > last
