"""Looks at what is due by when: once a day has passed without a message, the hub says so to its journal.

The journal has the message before the clock is marked, and the message has one id however often it is made: a crash
between the two says it again, and that has no second effect.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from connectors.own_voice import OwnVoice
from hub import metrics
from hub.errors import Unavailable
from hub.rules.forms import ringing
from hub.rules.forms.clocks import DueClock
from registry_store import due_clocks
from registry_store.engine import Engine, transaction
from schemas.findings import ClockRan
from schemas.records.assets import DueClockRow
from schemas.vocabulary import ClockKind

AT_ONCE = 500

log = structlog.get_logger()


class Clockwork:
    """Tells of clocks that have run out. Several may run side by side."""

    def __init__(self, engine: Engine, voice: OwnVoice, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._voice = voice
        self._now = now

    async def run(self, poll_seconds: float) -> None:
        """For ever: tells of what has run out, and waits where nothing has, or where nobody listens."""
        while True:
            try:
                if await self.look() < AT_ONCE:
                    await asyncio.sleep(poll_seconds)
            except Unavailable as error:
                log.warning("clock_waits", reason=str(error))
                await asyncio.sleep(poll_seconds)

    async def look(self) -> int:
        """One round; gives how many clocks were told of. Raises `Unavailable` for PostgreSQL or Kafka."""
        now = self._now()
        async with transaction(self._engine) as connection:
            due = await due_clocks.due(connection, now, AT_ONCE)
        ran = [_ran(row) for row in due]
        await self._voice.say(ran, [ringing.message_id(finding) for finding in ran])
        async with transaction(self._engine) as connection:
            await due_clocks.fired(connection, due, now)
        for row in due:
            metrics.CLOCKS.labels(kind=row.kind).inc()
        return len(due)


def _ran(row: DueClockRow) -> ClockRan:
    return ringing.notification(row.source, row.sender_asset_ref, DueClock(ClockKind(row.kind), row.due_on))
