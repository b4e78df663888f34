"""Processes under measurement. One that ends by itself ends the bench: a figure without it would say nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.cpu import CpuClock
from hub.embedded.process import end, last_lines, spawn
from hub.errors import HubError

STOP_SECONDS = 8.0


class Ended(HubError):
    """A process of the bench ended by itself; the text has the end of its log."""


@dataclass(frozen=True)
class _Child:
    name: str
    log: Path
    process: subprocess.Popen[bytes]


class Processes:
    """Processes by groups, as their CPU time is told."""

    def __init__(self, groups: Mapping[str, Sequence[_Child]]) -> None:
        self._groups = dict(groups)

    def __or__(self, other: "Processes") -> "Processes":
        return Processes({**self._groups, **other._groups})

    @property
    def cpu(self) -> CpuClock:
        return CpuClock({name: [child.process.pid for child in group] for name, group in self._groups.items()})

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of each group, in MiB."""
        return {
            name: round(sum(psutil.Process(child.process.pid).memory_info().rss for child in group) / 2**20, 1)
            for name, group in self._groups.items()
        }

    def check(self) -> None:
        """Raises `Ended`."""
        for child in self._children:
            if child.process.poll() is not None:
                raise Ended(f"{child.name} ended ({child.process.returncode}):\n{last_lines(child.log)}")

    def kill(self, group: str) -> None:
        """SIGKILL for all of a group, which is none of these from now on."""
        for child in self._groups[group]:
            child.process.kill()
            child.process.wait()
        self._groups[group] = []

    def stop(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in self._children:
            if child.process.poll() is None:
                end(psutil.Process(child.process.pid), signal.SIGTERM, STOP_SECONDS)
                child.process.wait()

    @property
    def _children(self) -> list[_Child]:
        return [child for group in self._groups.values() for child in group]


@contextmanager
def running(
    group: str, commands: Sequence[Sequence[str]], env: Mapping[str, str] | None, logs: Path
) -> Iterator[Processes]:
    """Python processes with these arguments for as long as the block lasts; output goes to files in `logs`."""
    logs.mkdir(exist_ok=True)
    children = []
    try:
        for number, arguments in enumerate(commands, 1):
            log = logs / f"{group.replace(' ', '-')}-{number}.log"
            argv = [sys.executable, *arguments]
            process = spawn(argv, log, env=env or dict(os.environ), death_signal=signal.SIGKILL)
            children.append(_Child(f"{group} {number}", log, process))
        yield Processes({group: children})
    finally:
        Processes({group: children}).stop()
