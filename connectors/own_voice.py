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

    async def say(self, messages: Sequence[Notification], ids: Sequence[str] | None = None) -> list[str]:
        """The ids of the messages, once all of them are in the journal. Raises `Unavailable`; some may be in it all
        the same.

        What has the same of the `ids` as before is a repeat, and has no second effect; without them each is new.
        """
        given = ids if ids is not None else [None] * len(messages)
        entries = [self._entry(*one) for one in zip(messages, given, strict=True)]
        if entries:
            await self._journal.append(entries)
        return [entry.message.id for entry in entries]

    def _entry(self, told: Notification, message_id: str | None) -> Entry:
        now = self._now()
        message = self._own.sign(avro.encode(told), message_id, int(now.timestamp()))
        return Entry(message, self._own.participant, told.source, told.sender_asset_ref, Door.HUB, now)
