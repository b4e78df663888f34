"""What MQTT senders are told: from the topics of receipts and of disputes to `out/<participant>/...`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from connectors.mqtt import MqttDoor
from schemas import avro, topics
from schemas.disputes import DisputeNotice
from schemas.outbound import Receipt

WAIT_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Delivery:
    """One topic to be handed on by one consumer group, and how a message of it is."""

    topic: str
    group: str
    hand_on: Callable[[bytes], None]


async def deliver_receipts(bootstrap: str, door: MqttDoor) -> None:
    """Until cancelled. Delivered at least once to whoever has a session with the broker."""

    def hand_on(value: bytes) -> None:
        receipt = avro.decode(value, Receipt)
        door.publish_receipt(receipt.participant, receipt.model_dump(mode="json", exclude_none=True))

    await _deliver_on(bootstrap, Delivery(topics.RECEIPTS, "fmar-mqtt-delivery", hand_on), door)


async def deliver_disputes(bootstrap: str, door: MqttDoor) -> None:
    """Until cancelled, in the same way: what the parties of disputes are told."""

    def hand_on(value: bytes) -> None:
        notice = avro.decode(value, DisputeNotice)
        door.publish_dispute(notice.participant, notice.model_dump(mode="json", exclude_none=True))

    await _deliver_on(bootstrap, Delivery(topics.DISPUTES, "fmar-mqtt-disputes", hand_on), door)


async def _deliver_on(bootstrap: str, delivery: Delivery, door: MqttDoor) -> None:
    while True:
        try:
            await _deliver(bootstrap, delivery, door)
        except (KafkaError, OSError) as error:
            log.warning("delivery_waits", topic=delivery.topic, reason=type(error).__name__)
            await asyncio.sleep(WAIT_SECONDS)


async def _deliver(bootstrap: str, delivery: Delivery, door: MqttDoor) -> None:
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
            for records in found.values():
                for record in records:
                    delivery.hand_on(record.value)
            if found:
                await asyncio.to_thread(door.flush)
                await consumer.commit()
    finally:
        await consumer.stop()
