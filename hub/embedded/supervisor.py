"""Keeps the hub's own processes running: one that ends unasked is started again, after a growing pause."""

import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from hub.embedded.part import Progress
from hub.embedded.process import end, kill_tree, spawn

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
SETTLED_SECONDS = 30.0
"""A process that has lived this long is taken for healthy: its next pause is the first one again."""

LOOK_SECONDS = 0.05
LEAST_PATIENCE_SECONDS = 0.3
"""What each process gets to stop in, even when those before it have used up their time."""


def next_pause(pause: float, lived: float) -> float:
    """Seconds until a process that lived `lived` seconds, after a pause of `pause`, is started again."""
    if pause == 0 or lived >= SETTLED_SECONDS:
        return FIRST_PAUSE_SECONDS
    return min(pause * 2, LONGEST_PAUSE_SECONDS)


@dataclass
class _Child:
    argv: Sequence[str]
    env: Mapping[str, str] | None
    log: Path
    process: subprocess.Popen[bytes]
    started: float
    pause: float = 0.0
    due: float | None = None
    restarts: int = 0


class Supervisor:
    """Children run in sessions of their own, so Ctrl-C in the terminal reaches the hub alone, which stops
    them in order.

    Should the supervisor be killed, so are its children, on Linux; elsewhere they run on until they notice
    that their database or broker is gone."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._children: dict[str, _Child] = {}
        self._closed = threading.Event()
        self._monitor: threading.Thread | None = None

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None, log: Path) -> None:
        """Runs `argv` with the environment `env` (None: ours) until `stop_all`; output goes to `log`."""
        with self._lock:
            if name in self._children:
                raise ValueError(f"a process named {name} is supervised already")
            process = spawn(argv, log, env=env, death_signal=signal.SIGKILL)
            self._children[name] = _Child(argv, env, log, process, time.monotonic())
            if self._monitor is None or not self._monitor.is_alive():
                self._closed.clear()
                self._monitor = threading.Thread(target=self._watch, name="supervisor", daemon=True)
                self._monitor.start()

    def stop_all(self, timeout: float) -> None:
        """SIGTERM to each, last started first, then SIGKILL; about `timeout` seconds in all."""
        self._closed.set()
        if self._monitor is not None:
            self._monitor.join()
        deadline = time.monotonic() + timeout
        with self._lock:
            waiting = list(reversed(self._children.values()))
            for place, child in enumerate(waiting):
                reserve = LEAST_PATIENCE_SECONDS * (len(waiting) - place - 1)
                patience = max(LEAST_PATIENCE_SECONDS, deadline - time.monotonic() - reserve)
                if child.process.poll() is None:
                    end(psutil.Process(child.process.pid), signal.SIGTERM, patience)
                    child.process.wait()
            self._children.clear()

    def kill(self, name: str) -> None:
        """SIGKILL, as a fault would have it; the process is then started again."""
        with self._lock:
            child = self._children[name]
            if child.process.poll() is None:
                kill_tree(psutil.Process(child.process.pid))

    def pid(self, name: str) -> int | None:
        """None while the process does not run."""
        with self._lock:
            process = self._children[name].process
            return process.pid if process.poll() is None else None

    def restarts(self, name: str) -> int:
        """How often the process was started again."""
        with self._lock:
            return self._children[name].restarts

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            with self._lock:
                for name, child in self._children.items():
                    self._look_after(name, child, time.monotonic())

    def _look_after(self, name: str, child: _Child, now: float) -> None:
        if child.process.poll() is None:
            return
        if child.due is None:
            child.pause = next_pause(child.pause, now - child.started)
            child.due = now + child.pause
            self._progress(
                f"{name} ended ({how(child.process.returncode)}); starting it again in {child.pause:.1f} s. "
                f"Its log is {child.log}"
            )
        elif now >= child.due:
            try:
                child.process = spawn(child.argv, child.log, env=child.env, death_signal=signal.SIGKILL)
            except OSError as error:
                self._progress(f"{name} does not start: {error}")
                child.due = now + LONGEST_PAUSE_SECONDS
                return
            child.started, child.due = now, None
            child.restarts += 1


def how(code: int) -> str:
    """How a process ended, in words."""
    return f"by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
