"""What MQTT senders are told: from the topics of receipts and of disputes to `out/<participant>/...`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from connectors.mqtt import MqttDoor
from schemas import avro, topics
from schemas.disputes import DisputeNotice
from schemas.outbound import Receipt

RECEIPTS_GROUP = "fmar-mqtt-delivery"
WAIT_SECONDS = 1.0
SLOW_SECONDS = 5.0
"""After which the log says that the broker takes nothing."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Delivery:
    """One topic to be handed on by one consumer group, and how a message of it is: done once the broker has it."""

    topic: str
    group: str
    hand_on: Callable[[bytes], asyncio.Future[None]]


async def deliver_receipts(bootstrap: str, door: MqttDoor) -> None:
    """Until cancelled. Delivered at least once to whoever has a session with the broker."""

    def hand_on(value: bytes) -> asyncio.Future[None]:
        receipt = avro.decode(value, Receipt)
        return door.publish_receipt(receipt.participant, receipt.model_dump(mode="json", exclude_none=True))

    await _deliver_on(bootstrap, Delivery(topics.RECEIPTS, RECEIPTS_GROUP, hand_on))


async def deliver_disputes(bootstrap: str, door: MqttDoor) -> None:
    """Until cancelled, in the same way: what the parties of disputes are told."""

    def hand_on(value: bytes) -> asyncio.Future[None]:
        notice = avro.decode(value, DisputeNotice)
        return door.publish_dispute(notice.participant, notice.model_dump(mode="json", exclude_none=True))

    await _deliver_on(bootstrap, Delivery(topics.DISPUTES, "fmar-mqtt-disputes", hand_on))


async def _deliver_on(bootstrap: str, delivery: Delivery) -> None:
    while True:
        try:
            await _deliver(bootstrap, delivery)
        except (KafkaError, OSError) as error:
            log.warning("delivery_waits", topic=delivery.topic, reason=type(error).__name__)
            await asyncio.sleep(WAIT_SECONDS)


async def _deliver(bootstrap: str, delivery: Delivery) -> None:
    consumer = AIOKafkaConsumer(
        delivery.topic,
        bootstrap_servers=bootstrap,
        group_id=delivery.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=8000,
        heartbeat_interval_ms=2000,
    )
    try:
        await consumer.start()
        while True:
            found = await consumer.getmany(timeout_ms=500, max_records=500)
            if found:
                await _hand_on(delivery, [record for records in found.values() for record in records])
                await consumer.commit()
    finally:
        await consumer.stop()


async def _hand_on(delivery: Delivery, records: Sequence[ConsumerRecord]) -> None:
    """Until the broker has everything, however long it is away: what it has not may be lost with this process."""
    told = []
    for record in records:
        try:
            told.append(delivery.hand_on(record.value))
        except ValidationError:
            # The owner of a platform's topic is answered, too, and may have a name that is no participant's.
            log.error("nobody_to_deliver_to", topic=delivery.topic, offset=record.offset)
    if not told:
        return
    _, left = await asyncio.wait(told, timeout=SLOW_SECONDS)
    if left:
        log.warning("delivery_waits", topic=delivery.topic, reason="the MQTT broker has not taken all", left=len(left))
        await asyncio.wait(left)
