"""The journal: accepted messages in Kafka, exact as they were signed. What is in it is not lost."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.publisher import Message, Publisher
from hub.rules import lanes
from schemas import avro, topics
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door

KEY_BYTES = 16


@dataclass(frozen=True)
class Entry:
    """One accepted message with what the door knows of it."""

    message: SignedMessage
    sender: str
    source: str
    sender_asset_ref: str
    door: Door
    received_at: datetime


def lane(door: Door, together: int) -> str:
    """The topic for messages that came through a door, so many together."""
    return topics.BULK if lanes.is_bulk(door, together) else topics.INTAKE


class Journal:
    """Writes entries; in each lane the order of one source's messages about one asset is kept."""

    def __init__(self, publisher: Publisher, secret: str) -> None:
        self._publisher = publisher
        self._secret = secret.encode()

    async def append(self, entries: Sequence[Entry]) -> None:
        """Returns once all of them are on all in-sync replicas. Raises `Unavailable`."""
        await self._publisher.publish([self.message(entry, lane(entry.door, len(entries))) for entry in entries])

    def message(self, entry: Entry, topic: str) -> Message:
        """As it lies in one of the journal's topics."""
        return Message(
            topic,
            self.key(entry.source, entry.sender_asset_ref),
            avro.encode(entry.message),
            (("sender", entry.sender), ("door", entry.door), ("received-at", entry.received_at.isoformat())),
        )

    def key(self, source: str, reference: str) -> bytes:
        """A keyed hash, so that neither a reference nor whose it is can be read from the topic's keys."""
        return hmac.digest(self._secret, f"{source}\x1f{reference}".encode(), hashlib.sha256)[:KEY_BYTES]
