"""When each event became readable on its topic, and what of what was sent it belongs to."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.bare import event
from schemas import avro, topics
from schemas.outbound import AssetChanged, SystemOperatorNotice


@dataclass
class Arrivals:
    """What came on some topics, with the moment (of the loop's clock) at which a subscriber had it."""

    found: list[tuple[str, float, bytes]] = field(default_factory=list)

    async def listen(self, bootstrap: str, names: Sequence[str], listening: asyncio.Event) -> None:
        """Until cancelled. From the present ends of the topics on."""
        clock = asyncio.get_running_loop().time
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=100)
        consumer.assign([TopicPartition(name, 0) for name in names])
        await consumer.start()
        try:
            await consumer.seek_to_end()
            await asyncio.gather(*(consumer.position(at) for at in consumer.assignment()))
            listening.set()
            async for record in consumer:
                self.found.append((record.topic, clock(), record.value))
        finally:
            await consumer.stop()


def told_operators(arrivals: Arrivals) -> Mapping[str, float]:
    """For each message id the moment at which the last of the operators concerned could read of it."""
    messages, last = {}, dict[str, float]()
    for topic, _, value in arrivals.found:
        if topic == topics.CHANGES:
            change = avro.decode(value, AssetChanged)
            messages[change.event_id] = change.cause.message_id
    for topic, at, value in arrivals.found:
        if topic.startswith(topics.SO_PREFIX):
            message_id = messages.get(avro.decode(value, SystemOperatorNotice).event_id)
            if message_id is not None:
                last[message_id] = max(at, last.get(message_id, at))
    return last


def told_bare(arrivals: Arrivals, bodies: Mapping[bytes, str]) -> Mapping[str, float]:
    """The same of the bare loop, whose events hold the body of the message; `bodies` gives its id."""
    return {bodies[event.read(value).said]: at for _, at, value in arrivals.found}
