"""PostgreSQL goes back in time under Kafka: what its watermark lacks is registered again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from hub.embedded.kafka import EmbeddedKafka
from registry_store.engine import Engine
from tests.faults.workers import Journal, a_journal, a_worker, bind, lost
from tests.support import register
from tests.support.waiting import eventually


@pytest.fixture
async def journal(kafka_server: EmbeddedKafka) -> AsyncIterator[Journal]:
    """A journal of the test's own with three hundred messages."""
    async with a_journal(kafka_server.address) as found:
        yield found


async def delete_first(journal: Journal, count: int) -> None:
    """As retention does: the first messages of every partition are gone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=journal.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({at: RecordsToDelete(before_offset=count) for at in journal.partitions})
    finally:
        await admin.close()


@pytest.mark.timeout(240)
async def test_a_worker_begins_at_postgresqls_watermark_although_kafka_says_that_all_is_read(
    journal: Journal, database: str, engine: Engine, tmp_path: Path
) -> None:
    await journal.acknowledge_everything()
    assert await journal.everything_is_acknowledged()
    await bind(engine, journal)
    worker = a_worker(journal, database, tmp_path, "noack_take")
    supervised = asyncio.create_task(worker.supervise())

    async def nothing_is_lost() -> bool:
        return not await lost(engine, journal)

    try:
        await eventually(nothing_is_lost, within=150)
    finally:
        await worker.stop(supervised)
    assert worker.runs == 1, "it went back by itself, without a restart"


@pytest.mark.timeout(240)
async def test_a_worker_stops_where_the_journal_no_longer_has_what_comes_next(
    journal: Journal, database: str, engine: Engine, tmp_path: Path
) -> None:
    await bind(engine, journal)
    await delete_first(journal, 3)
    worker = a_worker(journal, database, tmp_path, "noack_take")
    worker.log.touch()
    supervised = asyncio.create_task(worker.supervise())

    async def it_said_so() -> bool:
        return "of partition 0 offsets 0 to 2" in worker.log.read_text("utf-8")

    try:
        await eventually(it_said_so, within=150)
    finally:
        await worker.stop(supervised)
    assert await register.inbox(engine) == []
