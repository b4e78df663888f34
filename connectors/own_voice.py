"""What the hub found out itself goes into the journal like every other fact: signed, and once."""

from collections.abc import Callable, Sequence
from datetime import datetime

from connectors.journal import Entry, Journal
from hub.identity import Identity
from schemas import avro
from schemas.findings import Finding
from schemas.vocabulary import Door


class OwnVoice:
    """Signs findings with the hub's own key."""

    def __init__(self, journal: Journal, own: Identity, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._own = own
        self._now = now

    @property
    def participant(self) -> str:
        return self._own.participant

    async def say(self, findings: Sequence[Finding]) -> None:
        """Returns once all of them are in the journal. Raises `Unavailable`; some may be in it all the same."""
        if findings:
            await self._journal.append([self._entry(finding) for finding in findings])

    def _entry(self, finding: Finding) -> Entry:
        now = self._now()
        message = self._own.sign(avro.encode(finding), timestamp=int(now.timestamp()))
        return Entry(message, self._own.participant, finding.source, finding.sender_asset_ref, Door.HUB, now)
