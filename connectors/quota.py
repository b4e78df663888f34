"""How much one participant may send: a bucket that fills evenly, so that nobody's flood is everybody's wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Bucket:
    left: float
    at: float


class Quota:
    """`rate` messages a second for each participant, and up to `burst` at once. One for each door process."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, participant: str) -> bool:
        """Whether the participant may send one more message now."""
        now = self._clock()
        bucket = self._buckets.setdefault(participant, _Bucket(self._burst, now))
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
