"""How much processor time each part takes: where the time goes, without a profiler."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import psutil

Seconds = dict[str, float]


class CpuClock:
    """CPU seconds (user and system) of named groups of processes with their children."""

    def __init__(self, groups: Mapping[str, Sequence[int]]) -> None:
        self._groups = {name: tuple(pids) for name, pids in groups.items()}

    def __or__(self, other: "CpuClock") -> "CpuClock":
        return CpuClock({**self._groups, **other._groups})

    def read(self) -> Seconds:
        return {name: sum(_of(pid) for pid in pids) for name, pids in self._groups.items()}


def _of(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    found = 0.0
    for number, member in enumerate(family):
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            found += times.user + times.system
            # PostgreSQL's connections are children that come and go.
            found += times.children_user + times.children_system if number == 0 else 0.0
    return found


def per_message(before: Seconds, after: Seconds, messages: int) -> dict[str, float]:
    """Microseconds of CPU a message between two readings."""
    return {name: round((after[name] - before[name]) / messages * 1e6, 1) for name in before}
