"""What the hub found out itself, or writes down for a person, goes into the journal like every other fact: signed."""

from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.journal import Entry, Journal
from hub.identity import Identity
from schemas import avro
from schemas.notifications import Notification
from schemas.vocabulary import Door


class OwnVoice:
    """Signs with the hub's own key."""

    def __init__(self, journal: Journal, own: Identity, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._own = own
        self._now = now

    @property
    def participant(self) -> str:
        return self._own.participant

    async def say(self, messages: Sequence[Notification]) -> list[str]:
        """The ids of the messages, once all of them are in the journal. Raises `Unavailable`; some may be in it all
        the same."""
        entries = [self._entry(message) for message in messages]
        if entries:
            await self._journal.append(entries)
        return [entry.message.id for entry in entries]

    def _entry(self, told: Notification) -> Entry:
        now = self._now()
        message = self._own.sign(avro.encode(told), timestamp=int(now.timestamp()))
        return Entry(message, self._own.participant, told.source, told.sender_asset_ref, Door.HUB, now)
