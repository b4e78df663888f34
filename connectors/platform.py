"""The platform door: signed messages that a platform puts into its own Kafka topic.

Offsets are committed after the journal has the messages. Their time is judged against the broker's append time. Those
that are refused are answered by a receipt on `fmar.receipts`, as nobody waits for an answer here. From the first
message that is not taken now (429, 503) its topic is read again a little later; the others go on.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from connectors.admission import Arrival
from connectors.answers import RETRY_AFTER_SECONDS, Answer
from connectors.intake import Intake
from hub import clock
from hub.errors import Unavailable
from hub.services import set_aside
from hub.services.audit.log import process_lane
from hub.settings import Settings
from registry_store.engine import Engine
from schemas import avro, topics
from schemas.outbound import Receipt
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door, ReceiptOutcome

GROUP = "fmar-platform-door"
BURST = 500
WAIT_SECONDS = 1.0

log = structlog.get_logger()


class PlatformDoor:
    """Reads every platform's topic. Several share the topics as one consumer group."""

    def __init__(self, settings: Settings, intake: Intake, engine: Engine) -> None:
        self._bootstrap = settings.kafka or ""
        self._intake = intake
        self._engine = engine
        self._lane = process_lane("door", settings.port)

    async def run(self) -> None:
        """Until cancelled; connects anew when Kafka was away."""
        while True:
            try:
                await self._consume()
            except (KafkaError, OSError, Unavailable) as error:
                log.warning("platform_door_waits", reason=type(error).__name__)
                await asyncio.sleep(WAIT_SECONDS)

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=8000,
            heartbeat_interval_ms=2000,
            metadata_max_age_ms=5000,
        )
        consumer.subscribe(pattern=f"^{topics.PLATFORM_PREFIX.replace('.', '[.]')}.*")
        try:
            await consumer.start()
            again: dict[TopicPartition, float] = {}
            while True:
                due = {at for at, since in again.items() if time.monotonic() - since >= RETRY_AFTER_SECONDS}
                consumer.resume(*(consumer.paused() & due))
                found = await consumer.getmany(timeout_ms=500, max_records=BURST)
                if found:
                    left = await self._take(found)
                    for partition, offset in left.items():
                        consumer.seek(partition, offset)
                        consumer.pause(partition)
                        again[partition] = time.monotonic()
                    await consumer.commit()
        finally:
            await consumer.stop()

    async def _take(self, found: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> dict[TopicPartition, int]:
        """Where to read again in the partitions of which not everything was taken."""
        records = [record for some in found.values() for record in some]
        arrivals = [_arrival(record) for record in records]
        given = iter(await self._intake.accept(Door.PLATFORM, [a for a in arrivals if a], through_broker=True))
        left: dict[TopicPartition, int] = {}
        refused = []
        for record, arrival in zip(records, arrivals, strict=True):
            partition = TopicPartition(record.topic, record.partition)
            answer = next(given) if arrival else None
            if partition in left:
                continue
            if arrival is None or answer is None:
                await self._set_aside(record)
            elif not answer.final:
                left[partition] = record.offset
            elif not answer.accepted:
                refused.append(_receipt(arrival, answer))
        await set_aside.tell(self._engine, refused)
        return left

    async def _set_aside(self, record: ConsumerRecord) -> None:
        await set_aside.unreadable(
            self._engine, Door.PLATFORM, _participant(record), record.value or b"", self._lane, clock.now()
        )


def _participant(record: ConsumerRecord) -> str:
    return str(record.topic.removeprefix(topics.PLATFORM_PREFIX))


def _arrival(record: ConsumerRecord) -> Arrival | None:
    try:
        message = avro.decode(record.value or b"", SignedMessage)
    except (avro.SchemaUnknown, avro.PayloadInvalid, ValidationError):
        return None
    return Arrival(message, datetime.fromtimestamp(record.timestamp / 1000, UTC), expected_sender=_participant(record))


def _receipt(arrival: Arrival, answer: Answer) -> Receipt:
    # The name of a topic that is no participant's may be anything.
    return Receipt.model_construct(
        participant=arrival.expected_sender or "",
        message_id=arrival.message.id,
        outcome=ReceiptOutcome.REFUSED if answer.quarantine_id is None else ReceiptOutcome.QUARANTINED,
        code=answer.code,
        reasons=(answer.detail, *(f"{p.field}: {p.problem}" for p in answer.fields)),
        recorded_at=clock.now(),
    )
