"""What goes out: receipts and messages of topics."""

from datetime import datetime
from uuid import UUID

from schemas.records.record import Record


class ReceiptRow(Record):
    participant: str
    message_id: str
    outcome: str
    code: str | None
    sender_asset_ref: str | None
    asset_id: UUID | None
    version: int | None
    reasons: tuple[str, ...]
    recorded_at: datetime


class OutboxRow(Record):
    """An outbound message as its topic will carry it. The relay gives `feed_seq`.

    `published_at` says nothing: only the version before reads it, and it goes with the next.
    """

    outbox_id: int
    event_id: UUID
    topic: str
    key: bytes
    value: bytes
    asset_id: UUID | None
    asset_version: int | None
    created_at: datetime
    feed_seq: int | None
    published_at: datetime | None


class FeedRow(Record):
    """The last number given out on one outbound topic, and the last that is known to be in it."""

    topic: str
    last_seq: int
    published_seq: int


class FeedEpochRow(Record):
    """Where an epoch of the feeds began on one topic: the register had been set back, and numbers went on behind
    `after_seq`."""

    epoch: int
    topic: str
    after_seq: int
    begun_at: datetime
