"""A disk without room: what was acknowledged stays, nothing else is acknowledged, and with room again all goes on."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from hub.embedded.postgres import EmbeddedPostgres
from hub.services import journal_identity
from registry_store import migrate
from registry_store.engine import connect
from streams import guard as guarding
from streams.guard import Guard
from streams.records import JournalRecord
from tests.faults.checker import check
from tests.faults.flood import Flood
from tests.faults.pouring import pour_during
from tests.faults.rig import Rig, running_rig
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.trial import Trial
from tests.streams import dying
from tests.streams.test_guard import a_guard
from tests.support import parts, register
from tests.support.journal import JournalBuilder
from tests.support.notifications import a_battery

POSTGRES_MB, HUB_MB = 400, 1_500
FULL_SECONDS = 20.0
MESSAGES = 2_000
COUNT, BATCH = 120, 20


@pytest.fixture
def disk(folder: Path, request: pytest.FixtureRequest) -> Iterator[SmallDisk]:
    large = "whole_hub" in request.node.name
    with small_disk(folder / request.node.name.partition("[")[0], HUB_MB if large else POSTGRES_MB) as made:
        yield made


@pytest.fixture
def rig(disk: SmallDisk) -> Iterator[Rig]:
    """A hub all of whose data is on that disk."""
    with running_rig(disk.folder / "hub") as made:
        yield made


@pytest.fixture
def database(disk: SmallDisk) -> Iterator[EmbeddedPostgres]:
    """A server of the test's own whose data is on that disk."""
    server = EmbeddedPostgres(disk.folder, parts.say_nothing)
    server.start()
    yield server
    server.stop()


@pytest.mark.fault("database")
async def test_a_worker_waits_while_postgresql_has_no_room(
    disk: SmallDisk,
    database: EmbeddedPostgres,
    journal: JournalBuilder,
    noted: Trial,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_identity, "check", dying.the_journal_is_the_one_of_before)
    monkeypatch.setattr(guarding, "_end", _fail)
    engine = connect(database.address)
    await migrate.migrate(engine)
    records = [journal.record(a_battery(ref=f"full-{n}"), partition=0) for n in range(COUNT)]
    async with a_guard(database.address) as worker:
        await worker.handle(records[:BATCH])
        disk.fill()
        assert disk.is_full()
        going_on = asyncio.create_task(_handle(worker, records[BATCH:]))
        done, _ = await asyncio.wait([going_on], timeout=3)
        assert not done, "there is no room for so much"
        disk.make_room()
        if not database.alive():
            database.start()
        async with asyncio.timeout(60):
            await going_on
    noted.tried("no room for PostgreSQL")
    assert [row.change for row in await register.history(engine)].count("registered") == COUNT
    assert await register.quarantine(engine) == []
    await engine.dispose()


def _fail(reason: str, error: Exception | None) -> NoReturn:
    raise AssertionError(f"the worker would have ended: {reason}") from error


async def _handle(worker: Guard, records: list[JournalRecord]) -> None:
    for start in range(0, len(records), BATCH):
        await worker.handle(records[start : start + BATCH])


@pytest.mark.faults
@pytest.mark.fault("database")
async def test_a_whole_hub_without_room_goes_on_when_there_is_some(disk: SmallDisk, rig: Rig, noted: Trial) -> None:
    flood = Flood("full", noted.seed, MESSAGES)

    def full() -> None:
        disk.fill()
        threading.Event().wait(FULL_SECONDS)
        disk.make_room()
        noted.tried(f"no room for anything for {FULL_SECONDS:.0f} s")

    await pour_during(rig, flood, [full, full])
    noted.found(await check(rig, flood))
