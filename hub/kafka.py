"""Kafka's topics as the hub uses them: it makes them itself, and reads them with plain consumers."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from hub.errors import HubError, Unavailable
from schemas.topics import Topic, partitions_of

MAX_MESSAGE_BYTES = 512 * 1024
PAGE = 2000


class TopicsWrong(HubError):
    """A topic is not as this version needs it; the text says what to do."""


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
