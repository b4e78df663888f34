"""Do the topics hold what the register does not know of? Then it was set back, and its feeds begin a new epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from hub import kafka
from hub.errors import Unavailable
from hub.rules import feed_epochs as epochs
from hub.rules.feed_epochs import Start
from registry_store import feed_epochs
from registry_store.engine import Connection, Engine, transaction
from schemas import topics

LOOK_BACK = 4000
"""Records at the end of a topic that are compared: more than a relay has on its way at once."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Told:
    """An event as a topic has it."""

    seq: int
    epoch: int
    event_id: str

    @classmethod
    def read(cls, record: ConsumerRecord) -> "Told | None":
        """The event of a record; nothing for one that no relay has put there."""
        headers = dict(record.headers)
        try:
            epoch = int(headers.get("feed-epoch", epochs.FIRST))
            return cls(int(headers["feed-seq"]), epoch, headers["event-id"].decode())
        except (KeyError, ValueError):
            log.warning("not_of_a_relay", topic=record.topic, partition=record.partition, offset=record.offset)
            return None


async def settle(engine: Engine, bootstrap: str, now: datetime) -> int:
    """The epoch in which events go out from now on. To be asked before any is numbered. Raises `Unavailable`."""
    consumer = kafka.assigned_consumer(bootstrap)
    try:
        await consumer.start()
        names = sorted(name for name in await consumer.topics() if topics.is_outbound(name))
        async with transaction(engine) as connection:
            return await _settle(connection, consumer, names, now)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await consumer.stop()


async def _settle(connection: Connection, consumer: AIOKafkaConsumer, names: Sequence[str], now: datetime) -> int:
    starts = await feed_epochs.starts(connection)
    present, last = epochs.present(starts), await feed_epochs.last_numbers(connection)
    told: dict[str, list[Told]] = {name: [] for name in {*names, *last}}
    async for record in kafka.records(consumer, *names, last=LOOK_BACK):
        if (event := Told.read(record)) is not None:
            told[record.topic].append(event)
    counts = {
        name: [t for t in found if not epochs.is_void(starts, name, t.epoch, t.seq)] for name, found in told.items()
    }
    unknown = {name: await _unknown(connection, name, found, last.get(name, 0)) for name, found in counts.items()}
    latest = max((t.epoch for found in counts.values() for t in found), default=present)
    if latest <= present and not any(unknown.values()):
        return present
    later = {name: _firsts(counts[name], present) for name in counts}
    if latest > present:
        # Another epoch came after the one that the register was set back to; it may have begun far back.
        async for record in kafka.records(consumer, *names):
            if (event := Told.read(record)) is not None:
                later[record.topic] += _firsts([event], present)
    begun = [
        Start(max(latest, present) + 1, name, min(n - 1 for n in [*unknown[name], *later[name], last.get(name, 0) + 1]))
        for name in sorted(told)
    ]
    await feed_epochs.begin(connection, begun, now)
    log.warning("feeds_begin_a_new_epoch", epoch=begun[0].epoch, reason="the topics hold more than the register knows")
    return begun[0].epoch


async def _unknown(connection: Connection, name: str, told: Sequence[Told], last: int) -> list[int]:
    """Numbers under which the topic has an event that the register has not."""
    known = await feed_epochs.events(connection, name, [t.seq for t in told])
    return [t.seq for t in told if t.seq > last or str(known.get(t.seq)) != t.event_id]


def _firsts(told: Sequence[Told], present: int) -> list[int]:
    return [t.seq for t in told if t.epoch > present]
