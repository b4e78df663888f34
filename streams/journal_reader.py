"""The journal read again from its beginning, partition by partition, up to where a register has come."""

from collections.abc import Mapping
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import topics
from streams.records import JournalRecord

PAGE = 500
WAIT_MS = 500


class Journal(Protocol):
    """What a replay reads."""

    @property
    def ends(self) -> Mapping[int, int]:
        """The last offset of each partition, by its number, that is to be read; -1 for none."""

    async def page(self, partition: int) -> list[JournalRecord]:
        """The next records of a partition in their order; none when there are no more."""


class JournalReader:
    """Reads from Kafka. The consumer is started, and nobody else's."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: Mapping[int, int]) -> None:
        self.ends = ends
        self._consumer = consumer
        self._partitions = {number: TopicPartition(*topics.journal_partition(number)) for number in ends}

    async def start(self) -> None:
        wanted = [at for number, at in self._partitions.items() if self.ends[number] >= 0]
        self._consumer.assign(wanted)
        if wanted:
            await self._consumer.seek_to_beginning(*wanted)

    async def page(self, partition: int) -> list[JournalRecord]:
        at, end = self._partitions[partition], self.ends[partition]
        while end >= 0 and await self._consumer.position(at) <= end:
            found = await self._consumer.getmany(at, timeout_ms=WAIT_MS, max_records=PAGE)
            if records := [r for r in found.get(at, ()) if r.offset <= end]:
                return [
                    JournalRecord(r.topic, r.partition, r.offset, r.value or b"", dict(r.headers), r.timestamp / 1000)
                    for r in records
                ]
        return []
