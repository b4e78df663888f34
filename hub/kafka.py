"""Kafka as the hub uses it: a durable publisher, topics that it makes itself, plain consumers.

Publishing is `acks=all` with idempotence by our own producer, never by Faust's. A send that timed out may still be in
the log, so that whoever publishes again does it with the same message id.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, ProducerClosed, TopicAlreadyExistsError
from aiokafka.producer.message_accumulator import BatchBuilder

from hub.errors import HubError, Unavailable
from schemas.topics import Topic, partitions_of

MAX_MESSAGE_BYTES = 512 * 1024
BATCH_BYTES = MAX_MESSAGE_BYTES // 2
"""The usual 16 KB make a request of every twenty messages; the topics take no batch above `MAX_MESSAGE_BYTES`."""
DELIVERY_SECONDS = 8.0
CLOSING_SECONDS, ENDING_SECONDS = 3.0, 0.5
PAGE = 2000

log = structlog.get_logger()


class TopicsWrong(HubError):
    """A topic is not as this version needs it; the text says what to do."""


@dataclass(frozen=True)
class Message:
    """What is to be published. Headers are ASCII texts. With a partition it goes out there, else by its key."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, str]] = ()
    partition: int | None = None


class Publisher:
    """An idempotent producer that is made anew when it is stuck."""

    def __init__(self, bootstrap: str, linger_ms: int = 0) -> None:
        self._bootstrap = bootstrap
        self._linger_ms = linger_ms
        self._producer: AIOKafkaProducer | None = None
        self._in_turn = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when every message is acknowledged by all in-sync replicas. What is published first is first in its
        partition, also while an earlier call still waits.

        Raises `Unavailable` when one of them was not in time; some may be in the log all the same.
        """
        producer = None
        sent: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                async with self._in_turn:
                    producer = await self._ready()
                    await _send(producer, messages, sent)
                await (sent[0] if len(sent) == 1 else asyncio.gather(*sent))
        except (KafkaError, TimeoutError, OSError) as error:
            self._discard(producer)
            raise Unavailable(f"Kafka: {type(error).__name__}") from error
        finally:
            _wait_no_more_for(sent)

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                linger_ms=self._linger_ms,
                max_request_size=MAX_MESSAGE_BYTES,
                max_batch_size=BATCH_BYTES,
                request_timeout_ms=int(DELIVERY_SECONDS * 1000),
                retry_backoff_ms=50,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    def _discard(self, stuck: AIOKafkaProducer | None) -> None:
        # An idempotent producer can wedge on an out-of-order sequence and then fails for ever (aiokafka issue 1017).
        # It is closed in the background: closing waits for what it still hopes to send. Others may have another by now.
        if stuck is not None and stuck is self._producer:
            self._producer = None
            task = asyncio.ensure_future(_close(stuck))
            _closing.add(task)
            task.add_done_callback(_closing.discard)

    async def close(self) -> None:
        """Sends what is on its way and disconnects."""
        if self._producer is not None:
            await _close(self._producer)
            self._producer = None


async def _send(producer: AIOKafkaProducer, messages: Sequence[Message], sent: list[asyncio.Future[Any]]) -> None:
    """Adds to `sent` what to wait for, one by one: what was sent before an error is known to whoever asked."""
    for m in messages:
        if m.partition is None:
            sent.append(await producer.send(m.topic, value=m.value, key=m.key, headers=_encoded(m)))
    for (topic, partition), batch in _batches(producer, messages):
        sent.append(await producer.send_batch(batch, topic, partition=partition))


def _wait_no_more_for(futures: Iterable[asyncio.Future[Any]]) -> None:
    """An error of theirs is nobody's any more, and asyncio would log it as one that was never looked at."""
    for future in futures:
        if not future.cancel() and not future.cancelled():
            future.exception()


def _batches(producer: AIOKafkaProducer, messages: Sequence[Message]) -> Iterator[tuple[tuple[str, int], BatchBuilder]]:
    """What names its partition, in as few batches as hold it: a tenth of the work of a message sent by itself."""
    places: dict[tuple[str, int], list[Message]] = {}
    for message in messages:
        if message.partition is not None:
            places.setdefault((message.topic, message.partition), []).append(message)
    for place, its in places.items():
        batch = producer.create_batch()
        for m in its:
            while batch.append(timestamp=None, key=m.key, value=m.value, headers=_encoded(m)) is None:
                yield place, batch
                batch = producer.create_batch()
        yield place, batch


def _encoded(message: Message) -> list[tuple[str, bytes]]:
    return [(name, value.encode("ascii")) for name, value in message.headers]


_closing: set[asyncio.Future[None]] = set()


async def _close(producer: AIOKafkaProducer) -> None:
    stopping = asyncio.ensure_future(producer.stop())
    done, _ = await asyncio.wait([stopping], timeout=CLOSING_SECONDS)
    if not done:
        # It would try again until Kafka takes it, and then stay, with its connections and with all that it holds.
        log.warning("producer_closed_late")
        producer._sender.sender_task.cancel()
        await asyncio.wait([stopping], timeout=ENDING_SECONDS)
        stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    await producer.client.close()
    _fail_all(producer)


def _fail_all(producer: AIOKafkaProducer) -> None:
    """Whoever waits for what was not sent is told; of the rest there is nothing to say."""
    kept = producer._message_accumulator
    batches = [*kept._pending_batches, *(batch for some in kept._batches.values() for batch in some)]
    # aiokafka stumbles over a batch that is to be tried again: when it ends it takes it out of here.
    kept._pending_batches.update(batches)
    kept.fail_all(ProducerClosed())
    _wait_no_more_for([future for batch in batches for future in (batch.future, batch._drain_waiter)])


async def ensure_topics(bootstrap: str, topics: Iterable[Topic], replication: int) -> None:
    """Makes the topics that are missing.

    Raises `TopicsWrong` when one exists with another number of partitions: that number is never changed, as keys would
    lose their order.
    """
    wanted = {topic.name: topic for topic in topics}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        there = {
            d["topic"]: len(d["partitions"]) for d in await admin.describe_topics(list(await _names(admin, wanted)))
        }
        for name, partitions in there.items():
            if partitions != wanted[name].partitions:
                raise TopicsWrong(
                    f"topic {name} has {partitions} partitions and this version needs {wanted[name].partitions};"
                    " point HUB_KAFKA at a cluster where the hub may make its own topics, or move the data to a new one"
                )
        await _create(admin, [topic for name, topic in wanted.items() if name not in there], replication)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await admin.close()


async def _names(admin: AIOKafkaAdminClient, wanted: dict[str, Topic]) -> set[str]:
    return set(await admin.list_topics()) & set(wanted)


async def _create(admin: AIOKafkaAdminClient, missing: Sequence[Topic], replication: int) -> None:
    if not missing:
        return
    new = [
        NewTopic(
            topic.name,
            topic.partitions,
            replication,
            topic_configs={
                "retention.ms": str(topic.retention_ms),
                "max.message.bytes": str(MAX_MESSAGE_BYTES),
                "min.insync.replicas": str(max(1, replication - 1)),
                # The journal's windows are judged by when the broker took a message, not by what its sender says.
                "message.timestamp.type": "LogAppendTime",
            },
        )
        for topic in missing
    ]
    try:
        answer = await admin.create_topics(new)
    except TopicAlreadyExistsError:
        return
    failed = [
        (name, message) for name, code, message in answer.topic_errors if code not in (0, TopicAlreadyExistsError.errno)
    ]
    if failed:
        raise TopicsWrong(f"topic {failed[0][0]} could not be made: {failed[0][1]}")


async def cluster_id(bootstrap: str) -> str:
    """The name that a Kafka cluster gave itself when it was made. Raises `Unavailable`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await admin.close()


@dataclass(frozen=True)
class Extent:
    """What a partition holds: from the offset `first` up to, and not with, the offset `end`."""

    first: int
    end: int


async def extents(bootstrap: str, *names: str) -> dict[TopicPartition, Extent]:
    """What each partition of the hub's topics with these names holds. Raises `Unavailable`."""
    consumer = assigned_consumer(bootstrap)
    try:
        await consumer.start()
        first = await consumer.beginning_offsets(partitions(*names))
        return {at: Extent(first[at], end) for at, end in (await end_offsets(consumer, *names)).items()}
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await consumer.stop()


async def topic_ends(bootstrap: str, *names: str) -> dict[TopicPartition, int]:
    """The next offset of each partition of the hub's topics with these names. Raises `Unavailable`."""
    return {at: extent.end for at, extent in (await extents(bootstrap, *names)).items()}


def assigned_consumer(bootstrap: str) -> AIOKafkaConsumer:
    """A consumer without a group, from the beginning of whatever is assigned to it."""
    return AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")


def partitions(*names: str) -> list[TopicPartition]:
    """Every partition of the hub's topics with these names; a consumer without a group has no other way to know."""
    return [TopicPartition(name, number) for name in names for number in range(partitions_of(name))]


async def end_offsets(consumer: AIOKafkaConsumer, *names: str) -> dict[TopicPartition, int]:
    """The next offset of each partition of the hub's topics with these names."""
    found: dict[TopicPartition, int] = await consumer.end_offsets(partitions(*names))
    return found


async def records(consumer: AIOKafkaConsumer, *names: str, last: int | None = None) -> AsyncIterator[ConsumerRecord]:
    """Every record of some of the hub's topics from their beginning to where they end now; or the `last` of each."""
    if not names:
        return
    # Assigned first: that fetches the metadata of all topics at once, where each first mention would wait for its own.
    consumer.assign(partitions(*names))
    ends = {at: end for at, end in (await end_offsets(consumer, *names)).items() if end > 0}
    if not ends:
        return
    consumer.assign(list(ends))
    await consumer.seek_to_beginning(*ends)
    if last is not None:
        first = await consumer.beginning_offsets(list(ends))
        for at, end in ends.items():
            consumer.seek(at, max(first[at], end - last))
    left: set[TopicPartition] = set(ends)
    while left:
        for at, records in (await consumer.getmany(*left, timeout_ms=200, max_records=PAGE)).items():
            for record in records:
                if record.offset < ends[at]:
                    yield record
        for at in list(left):
            if await consumer.position(at) >= ends[at]:
                left.discard(at)
