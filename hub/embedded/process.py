"""Child processes that belong to the hub: out of the terminal's reach, and never left behind unnoticed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import psutil

from hub.embedded import launcher
from hub.embedded.part import PartUnavailable, Progress

LEFTOVER_STOP_SECONDS = 5.0
KILL_SECONDS = 3.0
LOOK_SECONDS = 0.02


@cache
def _spawner(_pid: int) -> ThreadPoolExecutor:
    """The one thread that starts children. The death signal comes when the *thread* that forked ends, so a
    passing one must not do it. One for each process id, since threads do not survive a fork."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def spawn(
    argv: Sequence[str],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    owner: tuple[int, int] | None = None,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Starts `argv` in a session of its own, which Ctrl-C in the terminal does not reach.

    Output is appended to `log`. `owner` is (user id, group id) to run as. `death_signal` is what it gets when
    this process dies without stopping it (Linux only)."""
    first = [
        sys.executable,
        "-I",
        "-S",
        str(Path(launcher.__file__)),
        str(int(death_signal)),
        str(os.getpid()),
    ]
    command = [*first, "-" if owner is None else f"{owner[0]}:{owner[1]}", *argv]

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )

    return _spawner(os.getpid()).submit(start).result()


@dataclass(frozen=True)
class Identity:
    """A process id with the start time that makes it unmistakable."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The process if this very one still lives."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None


class OwnedProcess:
    """One server process and the pid file by which a later hub finds what an earlier one left behind."""

    def __init__(self, name: str, pid_file: Path) -> None:
        self._name = name
        self._pid_file = pid_file
        self._child: subprocess.Popen[bytes] | None = None

    def clear_leftover(self, progress: Progress, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stops the server of a hub that was killed. Raises `PartUnavailable` when that hub is alive."""
        try:
            record = json.loads(self._pid_file.read_text())
            server, owner = Identity(**record["server"]), Identity(**record["owner"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return
        process = server.process()
        if process is not None:
            if owner.pid != os.getpid() and owner.process() is not None:
                raise PartUnavailable(
                    f"{self._name} in {self._pid_file.parent} belongs to a hub that is running "
                    f"(process {owner.pid}); stop that one first, or give this one its own folder with --data"
                )
            progress(f"Stopping the {self._name} that an earlier hub left behind (process {server.pid})")
            end(process, stop_signal, LEFTOVER_STOP_SECONDS)
        self._pid_file.unlink(missing_ok=True)

    def start(
        self,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        owner: tuple[int, int] | None = None,
        cwd: Path | None = None,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._child = spawn(argv, log, env=env, owner=owner, cwd=cwd, death_signal=death_signal)
        record = {"server": asdict(Identity.of(self._child.pid)), "owner": asdict(Identity.of(os.getpid()))}
        self._pid_file.write_text(json.dumps(record))

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self.alive() else None

    def stop(self, stop_signal: signal.Signals, patience: float) -> None:
        """`stop_signal`, and after `patience` seconds SIGKILL."""
        child = self._child
        if child is not None and child.poll() is None:
            end(psutil.Process(child.pid), stop_signal, patience)
            child.wait()
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        # Whoever keeps it running may have started the next one before this one is waited for.
        child = self._child
        if child is not None and child.poll() is None:
            kill_tree(psutil.Process(child.pid))
            child.wait()


class ServerPart:
    """A part that is one server process. Its class starts and stops it, and knows when it is ready."""

    name: str
    _process: OwnedProcess

    def kill(self) -> None:
        self._process.kill()

    def alive(self) -> bool:
        return self._process.alive()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def _wait_until(self, ready: Callable[[], bool], log: Path, patience: float) -> None:
        """Kills it and raises `PartUnavailable` if it is not ready within so many seconds."""
        until = time.monotonic() + patience
        while not ready():
            if not self.alive():
                raise PartUnavailable(f"{self.name} ended while starting; its log {log} ends with:\n{last_lines(log)}")
            if time.monotonic() > until:
                self.kill()
                raise PartUnavailable(
                    f"{self.name} was not ready within {patience:.0f} s; its log {log} ends with:\n{last_lines(log)}"
                )
            time.sleep(LOOK_SECONDS)


def end(process: psutil.Process, stop_signal: signal.Signals, patience: float) -> None:
    """Asks the process to stop, waits, and insists."""
    try:
        process.send_signal(stop_signal)
        process.wait(patience)
    except psutil.TimeoutExpired:
        kill_tree(process)
    except psutil.NoSuchProcess:
        pass


def kill_tree(process: psutil.Process) -> None:
    """The process first, so that it cannot tidy up, then its children; returns when none of them runs."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    until = time.monotonic() + KILL_SECONDS
    while any(runs(member) for member in family) and time.monotonic() < until:
        time.sleep(0.01)


def runs(process: psutil.Process) -> bool:
    """A zombie does not: it only waits for its parent to notice."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log file, for a message to a person: without stack traces, whose lines are indented."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join([line for line in lines if line.strip() and not line.startswith((" ", "\t"))][-count:])
