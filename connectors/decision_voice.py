"""What people decide over HTTP goes into the journal like every other decision: signed, by the hub on their behalf."""

from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.journal import Entry, Journal
from hub.identity import Identity
from schemas import avro
from schemas.decisions import Decision
from schemas.vocabulary import Door


class DecisionVoice:
    """Signs decisions with the hub's own key; for whom is in the decision."""

    def __init__(self, journal: Journal, own: Identity, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._own = own
        self._now = now

    async def say(self, decisions: Sequence[Decision]) -> list[str]:
        """Their message ids, once all are in the journal. Raises `Unavailable`; some may be in it all the same."""
        entries = [self._entry(decision) for decision in decisions]
        await self._journal.append(entries)
        return [entry.message.id for entry in entries]

    def _entry(self, decision: Decision) -> Entry:
        now = self._now()
        message = self._own.sign(avro.encode(decision), timestamp=int(now.timestamp()))
        return Entry(message, self._own.participant, decision.source, decision.sender_asset_ref, Door.WEBHOOK, now)
