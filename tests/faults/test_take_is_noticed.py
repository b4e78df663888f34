"""Workers that die in the middle of batches lose nothing; put `take()` in place of `noack_take` and they do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.embedded.kafka import EmbeddedKafka
from registry_store.engine import Engine
from tests.faults.trial import Trial
from tests.faults.worker import AFTER_COMMIT, BEFORE_COMMIT
from tests.faults.workers import COUNT, Journal, a_journal, a_worker, bind, lost
from tests.support import register
from tests.support.waiting import eventually


@pytest.fixture
async def journal(kafka_server: EmbeddedKafka) -> AsyncIterator[Journal]:
    """A journal of the test's own with three hundred messages."""
    async with a_journal(kafka_server.address) as found:
        yield found


@pytest.mark.fault("guards")
async def test_nothing_is_lost_by_workers_that_die_before_and_after_their_commits(
    journal: Journal, database: str, engine: Engine, tmp_path: Path, noted: Trial
) -> None:
    deaths = (BEFORE_COMMIT, AFTER_COMMIT, BEFORE_COMMIT)
    await bind(engine, journal)
    worker = a_worker(journal, database, tmp_path, "noack_take", *deaths)
    supervised = asyncio.create_task(worker.supervise())

    async def nothing_is_lost() -> bool:
        return not await lost(engine, journal)

    try:
        await eventually(nothing_is_lost, within=60)
    finally:
        await worker.stop(supervised)
    assert worker.runs > len(deaths), "it died as often as it should"
    done = [row.change for row in await register.history(engine)].count("registered")
    assert done == COUNT, "and everything had its effect once"
    assert await register.quarantine(engine) == []
    noted.tried("noack_take, and workers that die", len(deaths))


@pytest.mark.fault("guards")
async def test_take_in_place_of_noack_take_loses_messages_and_the_checker_sees_it(
    journal: Journal, database: str, engine: Engine, tmp_path: Path, noted: Trial
) -> None:
    await bind(engine, journal)
    worker = a_worker(journal, database, tmp_path, "take")
    supervised = asyncio.create_task(worker.supervise())
    try:
        await eventually(journal.everything_is_acknowledged, within=60)
    finally:
        await worker.stop(supervised)
    assert await lost(engine, journal)
    noted.tried("take() in its place")
