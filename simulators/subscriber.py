"""Read outbound topics from their beginning as an outsider would, and check what every feed promises.

Every feed numbers its events from 1 without a gap (`feed-seq`); an event that comes twice has the same number
and id.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import BaseModel

from schemas import avro

ShapeT = TypeVar("ShapeT", bound=BaseModel)
POLL_MS = 500


@dataclass(frozen=True)
class Headers:
    """What the relay writes beside every event."""

    event_id: str
    feed_seq: int
    asset_id: str
    asset_version: int
    epoch: int = 1


@dataclass
class Feed(Generic[ShapeT]):
    """What one subscriber has got of its topic, and what was wrong with it."""

    owner: str
    shape: type[ShapeT]
    received: int = 0
    repeats: int = 0
    last_seq: int = 0
    epoch: int = 1
    events: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """Events of the change feed that came here."""
    problems: list[str] = field(default_factory=list)

    def take(self, raw_headers: Sequence[tuple[str, bytes]], value: bytes) -> tuple[Headers, ShapeT] | None:
        """The event, or nothing when it is a repeat or cannot be read."""
        try:
            headers = headers_of(raw_headers)
            shape = avro.decode(value, self.shape)
        except (KeyError, ValueError) as error:
            self.problem(f"an event cannot be read ({type(error).__name__}: {str(error)[:120]})")
            return None
        if headers.epoch > self.epoch:
            self._begin(headers)
        if headers.feed_seq <= self.last_seq:
            self.repeats += 1
            if self.events.get(headers.event_id) != headers.feed_seq:
                self.problem(f"feed_seq {headers.feed_seq} came twice with different events")
            return None
        if headers.feed_seq != self.last_seq + 1:
            self.problem(f"feed_seq jumps from {self.last_seq} to {headers.feed_seq}")
        if headers.event_id in self.events:
            self.problem(f"event {headers.event_id} came under two numbers")
        if headers.asset_version <= self.versions.get(headers.asset_id, 0):
            self.problem(f"asset {headers.asset_id} goes back to version {headers.asset_version}")
        self.last_seq = headers.feed_seq
        self.received += 1
        self.events[headers.event_id] = headers.feed_seq
        self.versions[headers.asset_id] = headers.asset_version
        return headers, shape

    def _begin(self, first: Headers) -> None:
        """A new epoch: what came before under its first number or a larger one is void, and is told again."""
        self.epoch = first.epoch
        self.last_seq = min(self.last_seq, first.feed_seq - 1)
        self.events = {event: seq for event, seq in self.events.items() if seq <= self.last_seq}
        self.versions.clear()

    def problem(self, sentence: str) -> None:
        self.problems.append(f"{self.owner}: {sentence}")


def headers_of(raw: Sequence[tuple[str, bytes]]) -> Headers:
    """Raises KeyError or ValueError when one is missing or wrong."""
    named: dict[str, Any] = dict(raw)
    return Headers(
        event_id=named["event-id"].decode("ascii"),
        feed_seq=int(named["feed-seq"]),
        asset_id=named["asset-id"].decode("ascii"),
        asset_version=int(named["asset-version"]),
        epoch=int(named.get("feed-epoch", 1)),
    )


@asynccontextmanager
async def from_the_beginning(kafka: str, topics: Sequence[str]) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group, at the first event of each topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        # A feed has one partition: its numbers are an order.
        consumer.assign([TopicPartition(topic, 0) for topic in topics])
        yield consumer
    finally:
        await consumer.stop()


async def follow(
    kafka: str,
    feeds: Mapping[str, Feed[ShapeT]],
    check: Callable[[Feed[ShapeT], ShapeT], None],
    enough: Callable[[], bool],
) -> None:
    """Reads topics, each into its feed, until `enough` says so, and holds every event against its receiver."""
    async with from_the_beginning(kafka, list(feeds)) as consumer:
        while not enough():
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                feed = feeds[partition.topic]
                for record in records:
                    if (taken := feed.take(record.headers, record.value)) is not None:
                        check(feed, taken[1])
