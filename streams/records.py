"""Journal records as Kafka has them, and what the registration reads in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from hub.services.registration.entry import JournalEntry
from registry_store import quarantine
from registry_store.journal_progress import Partition
from schemas import avro, body, topics
from schemas.findings import FINDINGS
from schemas.notifications import NOTIFICATIONS
from schemas.participants import HUB
from schemas.records.journal import QuarantineRow
from schemas.records.outbound import ReceiptRow
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door, ReceiptOutcome


@dataclass(frozen=True)
class JournalRecord:
    """One record of the journal; `timestamp` is the broker's append time in seconds."""

    topic: str
    partition: int
    offset: int
    value: bytes
    headers: dict[str, bytes]
    timestamp: float

    @property
    def at(self) -> Partition:
        return self.topic, self.partition

    @property
    def number(self) -> int:
        """That of its partition in the journal as a whole."""
        return topics.journal_number(self.topic, self.partition)

    @property
    def sender(self) -> str:
        return self.headers.get("sender", b"").decode("ascii", "replace")

    @property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp, UTC)


@dataclass(frozen=True)
class Unreadable:
    """A record that cannot have its effect, and why."""

    record: JournalRecord
    code: str
    detail: str
    message: SignedMessage | None = None


_DOORS = {door.encode(): door for door in Door}


def read(record: JournalRecord) -> JournalEntry | Unreadable:
    """The notification in a record. Never raises: the doors let only readable ones in, but nothing rests on that."""
    try:
        message = avro.decode(record.value, SignedMessage)
    except (avro.SchemaUnknown, avro.PayloadInvalid, ValidationError) as error:
        return Unreadable(record, "payload_invalid", f"no signed message: {type(error).__name__}")
    try:
        kinds = (*NOTIFICATIONS, *FINDINGS) if record.sender == HUB else NOTIFICATIONS
        notification = body.decode(message.body, kinds)
    except body.BodyUnknown as error:
        return Unreadable(record, "schema_unknown", str(error), message)
    except body.BodyInvalid as error:
        return Unreadable(record, "payload_invalid", str(error), message)
    door = _DOORS.get(record.headers.get("door", b""))
    if door is None:
        return Unreadable(record, "payload_invalid", "the journal record names no door", message)
    return JournalEntry(
        message,
        notification,
        record.sender,
        door,
        record.topic,
        record.partition,
        record.offset,
        record.received_at,
    )


def quarantine_row(found: Unreadable) -> QuarantineRow:
    record = found.record
    return QuarantineRow(
        quarantine_id=quarantine.id_of(record.topic, f"{record.partition}/{record.offset}", found.code, record.value),
        door=record.headers.get("door", b"journal").decode("ascii", "replace"),
        participant=record.sender or None,
        message_id=found.message.id if found.message else None,
        code=found.code,
        detail=found.detail,
        fields={},
        envelope=record.value,
        received_at=record.received_at,
        journal_partition=record.number,
        journal_offset=record.offset,
        released_at=None,
    )


def quarantine_receipts(found: Sequence[Unreadable], now: datetime) -> list[ReceiptRow]:
    """Senders of what could at least be told apart learn that it was set aside."""
    rows = {}
    for item in found:
        if item.message is not None and item.record.sender:
            rows[(item.record.sender, item.message.id)] = ReceiptRow(
                participant=item.record.sender,
                message_id=item.message.id,
                outcome=ReceiptOutcome.QUARANTINED,
                code=item.code,
                sender_asset_ref=None,
                asset_id=None,
                version=None,
                reasons=(item.detail,),
                recorded_at=now,
            )
    return list(rows.values())
