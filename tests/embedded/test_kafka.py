"""The embedded Kafka is a real one, and kill -9 costs it nothing that it has acknowledged."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.embedded.kafka import EmbeddedKafka
from hub.embedded.part import PartUnavailable

TOPIC = "journal"
COUNT = 1000


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[EmbeddedKafka]:
    part = EmbeddedKafka(tmp_path, print)
    yield part
    part.stop()


async def create_topic(address: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def produce(address: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for pending in [await producer.send(TOPIC, value, partition=0) for value in values]:
            await pending
    finally:
        await producer.stop()


async def everything(address: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partition = TopicPartition(TOPIC, 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        await consumer.seek_to_beginning(partition)
        found: list[bytes] = []
        while len(found) < end:
            found.append((await consumer.getone()).value)
        return found
    finally:
        await consumer.stop()


async def test_acknowledged_messages_and_the_address_survive_kill_9_and_stop(kafka: EmbeddedKafka) -> None:
    kafka.start()
    address, first_pid = kafka.address, kafka.pid
    await create_topic(address)
    values = [b"%d" % number for number in range(COUNT)]
    await produce(address, values)

    kafka.kill()
    assert not kafka.alive()
    kafka.start()
    assert kafka.address == address
    assert kafka.pid != first_pid
    assert await everything(address) == values

    await produce(address, [b"after"])
    kafka.stop()
    kafka.start()
    assert await everything(address) == [*values, b"after"]


def test_a_broker_that_cannot_start_is_told_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.embedded.kafka.SETTINGS", "process.roles=nonsense\nlog.dirs={log}\n")
    (tmp_path / "kafka" / "log").mkdir(parents=True)
    (tmp_path / "kafka" / "log" / "meta.properties").touch()
    part = EmbeddedKafka(tmp_path, print)
    with pytest.raises(PartUnavailable, match=r"kafka\.log.*\n(.*\n)*.*nonsense"):
        part.start()
    assert not part.alive()


@pytest.mark.parametrize("act", [EmbeddedKafka.stop, EmbeddedKafka.kill])
def test_stopping_what_does_not_run_has_no_effect(tmp_path: Path, act: Callable[[EmbeddedKafka], None]) -> None:
    act(EmbeddedKafka(tmp_path, print))
