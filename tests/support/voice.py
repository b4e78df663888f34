"""The hub's own hand without a broker: what it writes into the journal is registered at once."""

from collections.abc import Sequence

from registry_store.engine import Engine
from schemas.notifications import Notification
from schemas.participants import HUB
from schemas.vocabulary import Door
from tests.support import register
from tests.support.journal import JournalBuilder, message_id


class OwnHand:
    """Keeps what was said, too; the ids are said-0, said-1, ..."""

    participant = HUB

    def __init__(self, engine: Engine, journal: JournalBuilder) -> None:
        self._engine = engine
        self._journal = journal
        self.said: list[Notification] = []

    async def say(self, messages: Sequence[Notification]) -> list[str]:
        ids = [message_id(f"said-{len(self.said) + n}") for n in range(len(messages))]
        self.said += messages
        for message, mid in zip(messages, ids, strict=True):
            await register.put(self._engine, [self._journal.entry(message, mid, Door.HUB)])
        return ids
