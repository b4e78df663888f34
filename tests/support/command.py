"""The command line as a person runs it: in a process of its own, on a data folder of the test's own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.settings import PREFIX

RUN_SECONDS = 110.0


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> dict[str, Any]:
        """The JSON object at the end of standard output."""
        content: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return content


def hub(*words: str, data: Path, settings: Mapping[str, str] | None = None) -> Ran:
    """Runs `hub WORDS` to its end."""
    env = {**_environment(data), **(settings or {})}
    done = subprocess.run(_argv(words), env=env, capture_output=True, text=True, timeout=RUN_SECONDS)
    return Ran(done.returncode, done.stdout, done.stderr)


def eventually(done: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether something comes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
    return False


@contextmanager
def up(data: Path) -> Iterator[str]:
    """`hub up` on a folder; gives the address of its ready line, and stops it with SIGTERM."""
    with (data.parent / f"{data.name}.err").open("a") as errors:
        process = subprocess.Popen(
            _argv(("up", "--port", "0")), env=_environment(data), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready http://"), (data.parent / f"{data.name}.err").read_text()
            yield line.removeprefix("ready ").strip()
        finally:
            stopped_in = stop(process)
    assert stopped_in < 10, f"stopping took {stopped_in:.1f} s"


def tell(body: str, folder: Path, data: Path, participant: str = "installer-1") -> None:
    """Sends a body, and waits until it is registered; `folder` is where it is written."""
    file = folder / "body.json"
    file.write_text(body)
    assert hub("send", str(file), "--participant", participant, data=data).code == 0
    assert eventually(lambda: hub("verify", data=data).code == 0)


def stop(process: "subprocess.Popen[str]") -> float:
    """Sends SIGTERM and waits; gives the seconds it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return time.monotonic() - began


def _argv(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "hub.cli.main", *words]


def _environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**kept, f"{PREFIX}DATA": str(data), "COLUMNS": "120"}
