"""One journal message, decoded: what the registration works on."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from schemas import topics
from schemas.notifications import Notification
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door


@dataclass(frozen=True)
class JournalEntry:
    """An accepted message with its place in the journal."""

    message: SignedMessage
    notification: Notification
    sender: str
    door: Door
    topic: str
    partition: int
    offset: int
    received_at: datetime

    @property
    def number(self) -> int:
        """That of its partition in the journal as a whole."""
        return topics.journal_number(self.topic, self.partition)

    @property
    def key(self) -> tuple[str, str]:
        """Sender and message id, by which a repeat is known."""
        return self.sender, self.message.id

    @property
    def body_sha256(self) -> bytes:
        return hashlib.sha256(self.message.body).digest()
