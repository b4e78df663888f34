"""A process of the hub as the fault tests run it: `python -m tests.faults.process ROLE FAILPOINTS [SKEW]`.

It is the hub's own, with a session at the broker of a second or two (the broker of these tests allows it), places where
it can be made to die, and, where SKEW is given, a clock that is wrong by so many seconds.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

from hub import clock, processes, settings
from tests.faults import failpoints

SESSION_SECONDS = 1.5


def member(pid: int) -> str:
    """What the worker with this process id is called in its group."""
    return f"worker-{pid}"


def known_with_a_short_session() -> None:
    """After kill -9 a worker's partitions stand still for a session."""
    from streams.app import app

    app.conf.broker_client_id = member(os.getpid())
    app.conf.broker_session_timeout = SESSION_SECONDS
    app.conf.broker_heartbeat_interval = SESSION_SECONDS / 5


def skew(seconds: float) -> None:
    """Makes this process's clock wrong."""
    usual = clock.now
    clock.now = lambda: usual() + timedelta(seconds=seconds)


def main(role: str, folder: Path, skewed: float) -> None:
    given = settings.load()
    if role == "worker":
        known_with_a_short_session()
    if skewed:
        skew(skewed)
    failpoints.install(folder, role)
    processes.run(role, given)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
