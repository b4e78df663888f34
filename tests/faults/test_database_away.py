"""PostgreSQL away, its sessions ended, its locks taken crosswise: the hub waits and goes on."""

import threading
from contextlib import suppress

import asyncpg
import pytest

from tests.faults.checker import check
from tests.faults.flood import Flood
from tests.faults.pouring import pour_during
from tests.faults.rig import PATIENCE_SECONDS, Rig
from tests.faults.trial import Form, Trial
from tests.support.wait import until

LONG_SHARE = 0.02
SHORT_AWAY_SECONDS, LONG_AWAY_SECONDS = 3.0, 180.0
ENDED_SESSIONS = 10

DEADLOCKS = 3
END_EVERY_SESSION = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)
LAST_WATERMARK = "SELECT 1 FROM watermark WHERE partition = 11 FOR UPDATE"
A_WHILE = "SELECT pg_sleep(0.5)"
EVERY_WATERMARK = "SELECT 1 FROM watermark ORDER BY partition FOR UPDATE"


@pytest.mark.fault("database")
async def test_what_is_accepted_while_postgresql_is_away_is_registered_when_it_is_back(
    rig: Rig, form: Form, trial: Trial
) -> None:
    flood = Flood("away", form.seed, form.size(LONG_SHARE, short=150))

    def away() -> None:
        seconds = SHORT_AWAY_SECONDS if form.name == "short" else LONG_AWAY_SECONDS
        with rig.away(rig.postgres):
            threading.Event().wait(seconds)
        trial.tried(f"PostgreSQL away for {seconds:.0f} s")

    def sessions_end() -> None:
        until(rig.database_answers, "PostgreSQL is back", PATIENCE_SECONDS)
        for _ in range(ENDED_SESSIONS):
            rig.ask(END_EVERY_SESSION)
            trial.tried("every session ended")

    def deadlock() -> None:
        # Workers lock the watermarks of their partitions in the order of their numbers.
        for _ in range(DEADLOCKS):
            with suppress(asyncpg.DeadlockDetectedError):
                rig.ask(LAST_WATERMARK, A_WHILE, EVERY_WATERMARK)
            trial.tried("a stranger locks watermarks in the opposite order")

    await pour_during(rig, flood, [away, sessions_end, deadlock])
    trial.found(await check(rig, flood))
