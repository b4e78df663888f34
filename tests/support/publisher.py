"""A publisher that keeps what is published, for processes that tell the journal something."""

from collections.abc import Sequence
from datetime import datetime

from hub.errors import Unavailable
from hub.publisher import Message, Publisher
from hub.services.registration.entry import JournalEntry
from schemas.notifications import Notification
from streams.records import JournalRecord, read
from tests.support.notifications import T0


class KeptPublisher(Publisher):
    """Away when told so."""

    def __init__(self) -> None:
        super().__init__("nowhere:9")
        self.kept: list[Message] = []
        self.away = False

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.away:
            raise Unavailable("Kafka: away")
        self.kept += messages

    def entries(self, at: datetime = T0) -> list[JournalEntry]:
        """What was published, as a worker reads it that gets it at this time."""
        found = []
        for offset, message in enumerate(self.kept):
            headers = {name: value.encode() for name, value in message.headers}
            entry = read(JournalRecord(message.topic, 0, offset, message.value, headers, at.timestamp()))
            assert isinstance(entry, JournalEntry)
            found.append(entry)
        return found

    def told(self) -> list[Notification]:
        return [entry.notification for entry in self.entries()]
