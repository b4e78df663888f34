"""Messages as the doors take them and as the journal holds them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.services.registration.entry import JournalEntry
from schemas import avro, body, topics
from schemas.notifications import Notification
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door
from streams.records import JournalRecord
from tests.support import people
from tests.support.notifications import T0


def message_id(text: str | int) -> str:
    """An id of the right form that says what it is for."""
    return f"test-message-{text}".replace(" ", "_").ljust(16, "-")[:64]


def signed(
    notification: Notification,
    sign_as: str | None = None,
    mid: str | None = None,
    at: datetime = T0,
    *,
    avro_body: bool = False,
) -> SignedMessage:
    """A notification, signed by its sender (or somebody else) at a time; the id comes from the content unless given."""
    content = avro.encode(notification) if avro_body else body.to_json(notification)
    return signed_body(content, sign_as or notification.sender, mid, at)


def signed_body(content: bytes, sign_as: str, mid: str | None = None, at: datetime = T0) -> SignedMessage:
    own_id = mid or message_id(hashlib.sha256(content + sign_as.encode()).hexdigest()[:20])
    return people.identity(sign_as).sign(content, own_id, int(at.timestamp()))


@dataclass
class JournalBuilder:
    """Gives messages their place in the journal, as the broker would: the next offset of their key's partition."""

    partitions: int = 3
    topic: str = topics.INTAKE
    ends: dict[int, int] = field(default_factory=dict)

    def entry(
        self,
        notification: Notification,
        mid: str | None = None,
        door: Door = Door.WEBHOOK,
        at: datetime = T0,
    ) -> JournalEntry:
        message = signed(notification, mid=mid, at=at)
        partition = self._partition(notification)
        offset = self._next(partition)
        # Each arrives a moment after the other, so that the first to tell of an asset gives it its id.
        received_at = at + timedelta(milliseconds=sum(self.ends.values()))
        return JournalEntry(
            message, notification, notification.sender, door, self.topic, partition, offset, received_at
        )

    def entries(self, *notifications: Notification) -> list[JournalEntry]:
        return [self.entry(n) for n in notifications]

    def record(self, notification: Notification, mid: str | None = None, partition: int | None = None) -> JournalRecord:
        message = signed(notification, mid=mid)
        return self.raw(
            avro.encode(message),
            notification.sender,
            self._partition(notification) if partition is None else partition,
        )

    def raw(self, value: bytes, sender: str = "installer-1", partition: int = 0) -> JournalRecord:
        """A record with whatever bytes."""
        headers = {"sender": sender.encode(), "door": b"webhook"}
        return JournalRecord(self.topic, partition, self._next(partition), value, headers, T0.timestamp())

    def _partition(self, notification: Notification) -> int:
        key = f"{notification.source}/{notification.sender_asset_ref}"
        return hashlib.sha256(key.encode()).digest()[0] % self.partitions

    def _next(self, partition: int) -> int:
        offset = self.ends.get(partition, 0)
        self.ends[partition] = offset + 1
        return offset


def ids(records: Sequence[JournalRecord]) -> set[str]:
    """Message ids of records that hold signed messages."""
    return {avro.decode(r.value, SignedMessage).id for r in records}
