"""How long `hub up` takes until it says that it is ready, and the memory it then has."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.figures import spread
from hub.embedded.kafka import EmbeddedKafka
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import HubError
from hub.settings import PREFIX

STOP_SECONDS = 30.0


class NotReady(HubError):
    """`hub up` ended before it was ready."""


@dataclass
class Starts:
    """Seconds of each start: of the hub, and of Kafka and PostgreSQL alone; memory of the last hub in MiB."""

    hub: list[float] = field(default_factory=list)
    servers: list[float] = field(default_factory=list)
    memory_mb: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "seconds": spread(self.hub).as_json(2),
            "floor_seconds": spread(self.servers).as_json(2),
            "memory_mb": self.memory_mb,
        }


def measure(rounds: int, say: Callable[[str], None]) -> tuple[Starts, Starts]:
    """First starts in an empty folder, and second ones in the same folder, of both in turn."""
    first, second = Starts(), Starts()
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="fmar-bench-") as folder:
            for starts in (first, second):
                starts.servers.append(_servers(Path(folder, "servers")))
                _hub(Path(folder, "hub"), starts)
        say(f"round {number + 1} of {rounds}: {first.hub[-1]:.1f} s, then {second.hub[-1]:.1f} s")
    return first, second


def _servers(folder: Path) -> float:
    parts = EmbeddedKafka(folder, lambda _: None), EmbeddedPostgres(folder, lambda _: None)
    began = time.monotonic()
    try:
        with ThreadPoolExecutor(2) as pool:
            for started in [pool.submit(part.start) for part in parts]:
                started.result()
        return time.monotonic() - began
    finally:
        for part in parts:
            part.stop()


def _hub(folder: Path, starts: Starts) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-m", "hub.cli.main", "up", "--data", str(folder), "--port", "0"]
    began = time.monotonic()
    process = subprocess.Popen(command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or not process.stdout.readline().startswith("ready "):
            raise NotReady(f"hub up ended before it was ready: {process.communicate()[1][-500:]}")
        starts.hub.append(time.monotonic() - began)
        starts.memory_mb = _memory(psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_SECONDS)
    shutil.rmtree(folder / "logs", ignore_errors=True)


def _memory(of: psutil.Process) -> dict[str, float]:
    """Memory by process of the hub; shared pages, which PostgreSQL's have many of, count in part for each."""
    found: Counter[str] = Counter()
    for member in [of, *of.children(recursive=True)]:
        words = member.cmdline()
        name = words[-1] if "run" in words else "hub up" if member.pid == of.pid else member.name().partition(":")[0]
        found[name] += member.memory_full_info().pss
    return {name: round(size / 2**20, 1) for name, size in found.most_common()}
