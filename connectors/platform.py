"""The platform door: signed messages that a platform puts into its own Kafka topic.

Offsets are committed after the journal has the messages. Their time is judged against the broker's append time. Those
that are refused are answered by a receipt on `fmar.receipts`, as nobody waits for an answer here.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from connectors import patience
from connectors.admission import Arrival
from connectors.answers import Answer
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
            while True:
                found = await consumer.getmany(timeout_ms=500, max_records=BURST)
                records = [record for group in found.values() for record in group]
                if records:
                    await self._take(records)
                    await consumer.commit()
        finally:
            await consumer.stop()

    async def _take(self, records: Sequence[ConsumerRecord]) -> None:
        arrivals = []
        for record in records:
            arrival = _arrival(record)
            if arrival is None:
                await set_aside.unreadable(
                    self._engine, Door.PLATFORM, _participant(record), record.value or b"", self._lane, clock.now()
                )
            else:
                arrivals.append(arrival)
        given = await patience.accept_all(self._intake, Door.PLATFORM, arrivals, through_broker=True)
        refused = [_receipt(a, answer) for a, answer in zip(arrivals, given, strict=True) if not answer.accepted]
        await set_aside.tell(self._engine, refused)


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
