"""Servers that a killed hub left behind are found and stopped; another hub's are left alone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from hub.embedded import process as processes
from hub.embedded.part import PartUnavailable
from hub.embedded.process import Identity, OwnedProcess, spawn

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)",
]


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = spawn(SLEEPER, tmp_path / "log")
    yield process
    process.kill()
    process.wait()


def write_record(file: Path, server: Identity, owner: Identity) -> None:
    file.write_text(json.dumps({"server": asdict(server), "owner": asdict(owner)}))


def gone() -> Identity:
    """A process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    identity = Identity.of(process.pid)
    process.wait()
    return identity


def test_a_server_left_behind_by_a_dead_hub_is_stopped(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    file, told = tmp_path / "process.json", list[str]()
    write_record(file, Identity.of(sleeper.pid), gone())
    OwnedProcess("Kafka", file).clear_leftover(told.append)
    assert not psutil.pid_exists(sleeper.pid)
    assert told == [f"Stopping the Kafka that an earlier hub left behind (process {sleeper.pid})"]
    assert not file.exists()


def test_the_server_of_a_living_hub_is_refused(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    file = tmp_path / "process.json"
    write_record(file, Identity.of(sleeper.pid), Identity.of(os.getppid()))
    with pytest.raises(PartUnavailable, match=f"process {os.getppid()}.*--data"):
        OwnedProcess("Kafka", file).clear_leftover(print)
    assert sleeper.poll() is None


def test_another_program_with_the_same_process_id_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    file = tmp_path / "process.json"
    recycled = Identity(sleeper.pid, Identity.of(sleeper.pid).created - 3600)
    write_record(file, recycled, gone())
    OwnedProcess("Kafka", file).clear_leftover(print)
    assert sleeper.poll() is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"server": {"pid": 1}}', '{"server": 1, "owner": 2}'])
def test_a_damaged_pid_file_stops_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "process.json"
    file.write_text(content)
    OwnedProcess("Kafka", file).clear_leftover(print)


def test_a_child_is_out_of_reach_of_the_terminal(sleeper: subprocess.Popen[bytes]) -> None:
    assert os.getsid(sleeper.pid) == sleeper.pid


def test_stop_insists_when_the_server_does_not_listen(tmp_path: Path) -> None:
    process, log = OwnedProcess("Kafka", tmp_path / "process.json"), tmp_path / "log"
    process.start(DEAF, log)
    pid = process.pid
    assert pid is not None
    while "up" not in log.read_text():
        assert process.alive()
    process.stop(signal.SIGTERM, 0.2)
    assert not process.alive()
    assert not psutil.pid_exists(pid)


@pytest.mark.timeout(30)
def test_a_kill_does_not_wait_for_the_one_that_is_started_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, log = OwnedProcess("Kafka", tmp_path / "process.json"), tmp_path / "log"
    kill_tree = processes.kill_tree

    def killed_and_started_again(which: psutil.Process) -> None:
        kill_tree(which)
        process.start(SLEEPER, log)

    process.start(SLEEPER, log)
    monkeypatch.setattr(processes, "kill_tree", killed_and_started_again)
    process.kill()
    assert process.alive()
    monkeypatch.undo()
    process.kill()


def test_a_program_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    child = spawn(["no-such-program"], tmp_path / "log")
    assert child.wait(5) == 127
    assert "cannot run no-such-program" in (tmp_path / "log").read_text()
