"""A database is fed from one journal; over another one its watermarks would drop new messages without a word."""

import pytest

from hub import kafka
from hub.embedded.kafka import EmbeddedKafka
from hub.errors import JournalChanged
from hub.services import journal_identity
from registry_store import journal_progress
from registry_store.engine import Engine, transaction
from schemas import topics


async def test_the_journal_of_before_is_accepted_at_every_start(engine: Engine, kafka_server: EmbeddedKafka) -> None:
    async with transaction(engine) as connection:
        await journal_progress.note_cluster(connection, await kafka.cluster_id(kafka_server.address))
    await journal_identity.check(engine, kafka_server.address)
    await journal_identity.check(engine, kafka_server.address)


async def test_a_new_database_is_not_put_to_a_journal_in_use(engine: Engine, kafka_server: EmbeddedKafka) -> None:
    publisher = kafka.Publisher(kafka_server.address)
    await publisher.publish([kafka.Message(topics.INTAKE, None, b"somebody's")])
    await publisher.close()

    with pytest.raises(JournalChanged, match="knows nothing of"):
        await journal_identity.check(engine, kafka_server.address)


async def test_the_journal_of_another_cluster_is_refused(engine: Engine, kafka_server: EmbeddedKafka) -> None:
    async with transaction(engine) as connection:
        await journal_progress.note_cluster(connection, "a cluster of before")

    with pytest.raises(JournalChanged, match="another Kafka cluster"):
        await journal_identity.check(engine, kafka_server.address)


async def test_a_journal_that_begins_anew_is_refused(engine: Engine, kafka_server: EmbeddedKafka) -> None:
    partition = (topics.INTAKE, 3)
    async with transaction(engine) as connection:
        await journal_progress.note_cluster(connection, await kafka.cluster_id(kafka_server.address))
        await journal_progress.lock_watermarks(connection, [partition])
        await journal_progress.raise_watermarks(connection, {partition: 10**9})

    with pytest.raises(JournalChanged, match=r"shorter than what was registered from it \(partitions \[3\]\)"):
        await journal_identity.check(engine, kafka_server.address)
