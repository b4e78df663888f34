"""What comes into a Kafka topic from now on."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from hub import kafka
from streams.records import JournalRecord

QUIET_SECONDS = 0.3


class Tail:
    """Reads on from where the topic ended when it was opened."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def next(self, count: int, within: float = 15.0) -> list[ConsumerRecord]:
        """So many records. Fails when there are fewer in time."""
        found: list[ConsumerRecord] = []
        async with asyncio.timeout(within):
            while len(found) < count:
                batches = await self._consumer.getmany(timeout_ms=200)
                found += [record for batch in batches.values() for record in batch]
        return found

    async def rest(self) -> list[ConsumerRecord]:
        """Everything up to where the topic ends now."""
        found: list[ConsumerRecord] = []
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        for partition, end in ends.items():
            while await self._consumer.position(partition) < end:
                found += (await self._consumer.getmany(partition, timeout_ms=200)).get(partition, [])
        return found

    async def nothing(self) -> bool:
        """Whether nothing comes for a while."""
        return not await self._consumer.getmany(timeout_ms=int(QUIET_SECONDS * 1000))


@asynccontextmanager
async def tail(bootstrap: str, *names: str) -> AsyncIterator[Tail]:
    consumer = kafka.assigned_consumer(bootstrap)
    await consumer.start()
    try:
        ends = await kafka.end_offsets(consumer, *names)
        consumer.assign(list(ends))
        for partition, end in ends.items():
            consumer.seek(partition, end)
        yield Tail(consumer)
    finally:
        await consumer.stop()


def as_journal_records(records: Sequence[ConsumerRecord]) -> list[JournalRecord]:
    """Records as the worker sees them."""
    return [
        JournalRecord(r.topic, r.partition, r.offset, r.value or b"", dict(r.headers), r.timestamp / 1000)
        for r in records
    ]
