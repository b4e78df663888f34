"""How far the journal is registered, and what was taken from it or set aside."""

from datetime import datetime
from uuid import UUID

from schemas.records.record import Json, Record


class JournalRow(Record):
    """One row: the Kafka cluster whose journal feeds this database. Offsets of another mean nothing here."""

    one: int
    cluster_id: str


class WatermarkRow(Record):
    """How far one journal partition is registered: offsets up to `last_offset` have had their effect."""

    topic: str
    partition: int
    last_offset: int


class BatchAttemptRow(Record):
    """How often the batch that begins at `first_offset` was started since the last commit.

    Offsets up to `careful_until` are taken one at a time: a batch with them killed its worker again and again.
    """

    topic: str
    partition: int
    first_offset: int
    attempts: int
    careful_until: int


class InboxRow(Record):
    """A message that had its effect, where it lies in the journal, and how it ended."""

    sender: str
    message_id: str
    body_sha256: bytes
    journal_partition: int
    journal_offset: int
    received_at: datetime


class QuarantineRow(Record):
    """A message that was set aside: exact bytes, why, and whether it was sent in again."""

    quarantine_id: UUID
    door: str
    participant: str | None
    message_id: str | None
    code: str
    detail: str
    fields: Json
    envelope: bytes
    received_at: datetime
    journal_partition: int | None
    journal_offset: int | None
    released_at: datetime | None
