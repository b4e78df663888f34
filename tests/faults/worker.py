"""A worker of the tests: `python -m tests.faults.worker TOPIC WAY DEATHS`.

It is the hub's own worker on a journal of the test's own. WAY is how the agent takes batches: `noack_take` as it is
written, or another in its place. DEATHS is a file with a line for each run that is to end by kill -9, and where: a run
takes away the first line and dies there in its second batch.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from importlib import util
from pathlib import Path
from typing import Any

from hub import log, settings
from registry_store import journal_progress
from schemas import topics

SESSION_SECONDS = 1.5
BEFORE_COMMIT, AFTER_COMMIT = "before commit", "after commit"
DIE_IN_BATCH = 2


def registration_with(way: str) -> None:
    """Imports `streams.registration` with another way of taking batches in it."""
    found = util.find_spec("streams.registration")
    assert found is not None and found.origin is not None
    source = Path(found.origin).read_text("utf-8")
    assert source.count(".noack_take(") == 1
    module = util.module_from_spec(found)
    sys.modules["streams.registration"] = module
    exec(compile(source.replace(".noack_take(", f".{way}("), found.origin, "exec"), module.__dict__)  # noqa: S102


def die(deaths: Path) -> None:
    """From now on this run ends at the place that the first line names."""
    from streams.guard import Guard

    first, *rest = [*deaths.read_text().splitlines(), ""]
    deaths.write_text("\n".join(rest))
    batches = 0

    def dying(usual: Callable[..., Awaitable[Any]], place: str) -> Callable[..., Awaitable[Any]]:
        async def step(*arguments: Any) -> Any:
            nonlocal batches
            result = await usual(*arguments)
            if place == first:
                batches += 1
                if batches == DIE_IN_BATCH:
                    os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step

    journal_progress.raise_watermarks = dying(journal_progress.raise_watermarks, BEFORE_COMMIT)  # type: ignore[assignment]
    Guard._commit = dying(Guard._commit, AFTER_COMMIT)  # type: ignore[method-assign, assignment]


def bulk_of(topic: str) -> str:
    """The bulk lane of such a journal, in which these tests put nothing."""
    return f"{topic}.bulk"


def main(topic: str, way: str, deaths: Path) -> None:
    log.configure(settings.load().log, "worker")
    topics.INTAKE, topics.BULK = topics.JOURNAL = topic, bulk_of(topic)
    from streams.app import app

    # After kill -9 its partitions stand still for a session; the tests' broker allows so short a one.
    app.conf.broker_session_timeout = SESSION_SECONDS
    app.conf.broker_heartbeat_interval = SESSION_SECONDS / 5
    registration_with(way)
    die(deaths)
    from streams.worker import work

    work()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
