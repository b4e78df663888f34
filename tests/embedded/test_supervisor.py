"""A process that ends unasked is started again; none outlives the supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hub.embedded.supervisor import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    SETTLED_SECONDS,
    Supervisor,
    how,
    next_pause,
)

STAYS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
IGNORES_SIGTERM = [
    sys.executable,
    "-c",
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)",
]
SAYS_WHEN_STOPPED = [
    sys.executable,
    "-c",
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(sys.argv[1], 'stopped', flush=True)))\n"
    "print('up', flush=True)\n"
    "time.sleep(600)",
]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited 10 s in vain"
        time.sleep(0.01)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def supervisor(told: list[str]) -> Iterator[Supervisor]:
    one = Supervisor(told.append)
    yield one
    one.stop_all(1.0)


@pytest.mark.parametrize(
    ("pause", "lived", "then"),
    [
        (0.0, 0.1, FIRST_PAUSE_SECONDS),
        (FIRST_PAUSE_SECONDS, 0.1, 2 * FIRST_PAUSE_SECONDS),
        (4.0, 0.1, LONGEST_PAUSE_SECONDS),
        (LONGEST_PAUSE_SECONDS, SETTLED_SECONDS - 0.1, LONGEST_PAUSE_SECONDS),
        (LONGEST_PAUSE_SECONDS, SETTLED_SECONDS, FIRST_PAUSE_SECONDS),
    ],
)
def test_the_pause_grows_until_a_process_has_settled(pause: float, lived: float, then: float) -> None:
    assert next_pause(pause, lived) == pytest.approx(then)


def test_a_killed_process_is_started_again(supervisor: Supervisor, told: list[str], tmp_path: Path) -> None:
    supervisor.start("door", STAYS, None, tmp_path / "door.log")
    first = supervisor.pid("door")
    supervisor.kill("door")
    wait_for(lambda: supervisor.restarts("door") == 1 and supervisor.pid("door") is not None)
    assert supervisor.pid("door") != first
    assert len(told) == 1
    assert "door ended (by SIGKILL)" in told[0]
    assert str(tmp_path / "door.log") in told[0]


def test_a_process_that_ends_by_itself_is_started_again_and_again(
    supervisor: Supervisor, told: list[str], tmp_path: Path
) -> None:
    supervisor.start("worker", [sys.executable, "-c", "raise SystemExit(70)"], None, tmp_path / "log")
    wait_for(lambda: supervisor.restarts("worker") >= 2)
    assert "worker ended (exit code 70)" in told[0]


def test_a_process_gets_the_environment_given(supervisor: Supervisor, tmp_path: Path) -> None:
    program = [
        sys.executable,
        "-c",
        "import os; print(sorted(n for n in os.environ if n.startswith('HUB_')))",
    ]
    supervisor.start("door", program, {"HUB_PORT": "1"}, tmp_path / "log")
    wait_for(lambda: "HUB_PORT" in (tmp_path / "log").read_text())
    assert (tmp_path / "log").read_text().splitlines()[0] == "['HUB_PORT']"


def test_processes_stop_in_the_opposite_order_of_their_start(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log"
    for name in ("relay", "worker", "door"):
        supervisor.start(name, [*SAYS_WHEN_STOPPED, name], None, log)
    wait_for(lambda: log.read_text().count("up") == 3)
    supervisor.stop_all(5.0)
    assert log.read_text().splitlines()[3:] == ["door stopped", "worker stopped", "relay stopped"]


def test_a_process_that_does_not_listen_is_killed_and_not_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("door", IGNORES_SIGTERM, None, tmp_path / "log")
    wait_for(lambda: "up" in (tmp_path / "log").read_text())
    pid = supervisor.pid("door")
    assert pid is not None
    supervisor.stop_all(0.3)
    assert not psutil.pid_exists(pid)


def test_a_name_is_supervised_once(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("door", STAYS, None, tmp_path / "log")
    with pytest.raises(ValueError, match="door"):
        supervisor.start("door", STAYS, None, tmp_path / "log")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time, threading\nfrom pathlib import Path\n"
        "from hub.embedded.supervisor import Supervisor\n"
        "one = Supervisor(print)\n"
        "starter = threading.Thread(target=one.start, args=('door', sys.argv[2:], None, Path(sys.argv[1])))\n"
        "starter.start(); starter.join()\n"
        "print(one.pid('door'), flush=True)\ntime.sleep(600)"
    )
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(log), *IGNORES_SIGTERM], stdout=subprocess.PIPE, text=True
    ) as hub:
        assert hub.stdout is not None
        child = int(hub.stdout.readline())
        wait_for(lambda: "up" in log.read_text())  # it outlives the thread that had it started
        os.kill(hub.pid, signal.SIGKILL)
    wait_for(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize(("code", "words"), [(0, "exit code 0"), (70, "exit code 70"), (-9, "by SIGKILL")])
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    assert how(code) == words
