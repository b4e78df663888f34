"""Memory of processes over time, and whether it grows."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from bench.processes import Processes

EVERY_SECONDS = 2.0
WARM = 0.25
"""Of the time, in which caches fill."""


@dataclass
class Memory:
    """Resident memory of groups of processes, in MB, as it was read."""

    processes: Processes
    at: list[float] = field(default_factory=list)
    read: list[dict[str, float]] = field(default_factory=list)

    async def watch(self) -> None:
        """Until cancelled. Raises `Ended` when a process has ended."""
        while True:
            self.processes.check()
            self.at.append(time.monotonic())
            self.read.append(self.processes.memory_mb())
            await asyncio.sleep(EVERY_SECONDS)

    def as_json(self) -> dict[str, Any]:
        """Of each group the median of the first and of the last quarter after it is warm, and MB a minute between."""
        start = round(len(self.read) * WARM)
        at, read = self.at[start:], self.read[start:]
        quarter = max(1, len(read) // 4)
        found = {}
        for name in read[-1]:
            values = [one[name] for one in read]
            first, last = statistics.median(values[:quarter]), statistics.median(values[-quarter:])
            minutes = (at[-1] - at[0]) / 60
            slope = statistics.linear_regression(at, values).slope * 60 if len(values) > 1 else 0.0
            found[name] = {"first_mb": first, "last_mb": last, "mb_a_minute": round(slope, 2), "minutes": minutes}
        return found
