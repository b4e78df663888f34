"""Outcomes for MQTT senders: from the receipts topic to `out/<participant>/receipts`."""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from connectors.mqtt import MqttDoor
from schemas import avro, topics
from schemas.outbound import Receipt

GROUP = "fmar-mqtt-delivery"
WAIT_SECONDS = 1.0

log = structlog.get_logger()


async def deliver_receipts(bootstrap: str, door: MqttDoor) -> None:
    """Until cancelled. Delivered at least once to whoever has a session with the broker."""
    while True:
        try:
            await _deliver(bootstrap, door)
        except (KafkaError, OSError) as error:
            log.warning("receipts_wait", reason=type(error).__name__)
            await asyncio.sleep(WAIT_SECONDS)


async def _deliver(bootstrap: str, door: MqttDoor) -> None:
    consumer = AIOKafkaConsumer(
        topics.RECEIPTS,
        bootstrap_servers=bootstrap,
        group_id=GROUP,
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
                    receipt = avro.decode(record.value, Receipt)
                    door.publish_receipt(receipt.participant, receipt.model_dump(mode="json", exclude_none=True))
            if found:
                await asyncio.to_thread(door.flush)
                await consumer.commit()
    finally:
        await consumer.stop()
