"""A database is fed from one journal; over another one its watermarks would drop new messages without a word."""

import pytest

from hub import kafka
from hub.embedded.kafka import EmbeddedKafka
from hub.errors import JournalChanged
from hub.kafka import Extent
from hub.publisher import Message, Publisher
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
    publisher = Publisher(kafka_server.address)
    await publisher.publish([Message(topics.INTAKE, None, b"somebody's")])
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


def test_a_partition_goes_on_after_what_is_done_whatever_it_still_holds_of_that() -> None:
    held = {0: Extent(0, 10), 1: Extent(0, 0), 2: Extent(3, 8), 3: Extent(4, 4)}
    assert journal_identity.begin_at({0: 6, 2: 2, 3: 3}, held) == {0: 7, 1: 0, 2: 3, 3: 4}


@pytest.mark.parametrize(
    ("done", "held"), [({}, Extent(1, 5)), ({0: 3}, Extent(5, 9)), ({0: 3}, Extent(5, 5))], ids=str
)
def test_messages_that_are_gone_before_they_were_registered_are_named(done: dict[int, int], held: Extent) -> None:
    with pytest.raises(JournalChanged, match=r"no longer in the journal .*of partition 0 offsets \d to \d"):
        journal_identity.begin_at(done, {0: held})
