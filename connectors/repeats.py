"""What was accepted before: this door's own memory, then the inbox, where all who ask at one moment share a look."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import structlog

from hub.errors import Unavailable
from registry_store.engine import Engine
from registry_store.inbox import Key
from registry_store.inbox_reader import InboxReader

REMEMBERED = 50_000
"""Messages that this door accepted lately and that may not be registered yet."""

Digests = Mapping[Key, bytes]
"""SHA-256 of the body by sender and message id."""

log = structlog.get_logger()


class Repeats:
    """While one look into the inbox is under way, whoever asks waits for the next and shares it with all who wait.

    Nobody shares a look that began before the question: what was registered in between would not be seen.
    """

    def __init__(self, engine: Engine) -> None:
        self._inbox = InboxReader(engine)
        self._recent: OrderedDict[Key, bytes] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._next: tuple[set[Key], asyncio.Task[Digests]] | None = None

    def remember(self, accepted: Iterable[tuple[Key, bytes]]) -> None:
        """Messages that are in the journal from now on."""
        self._recent.update(accepted)
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    async def known(self, keys: Sequence[Key]) -> Digests:
        """Bodies of messages accepted before, perhaps of others, too. Without PostgreSQL only this door's own memory is
        asked: the registration finds every repeat again, so that a message may still be taken."""
        known = {key: self._recent[key] for key in keys if key in self._recent}
        unsure = [key for key in keys if key not in known]
        return {**await self._registered(unsure), **known} if unsure else known

    async def close(self) -> None:
        async with self._one_at_a_time:
            await self._inbox.close()

    async def _registered(self, keys: Sequence[Key]) -> Digests:
        if self._next is None:
            wanted: set[Key] = set()
            self._next = wanted, asyncio.create_task(self._look(wanted))
        wanted, look = self._next
        wanted.update(keys)
        # Whoever gives up waiting does not end the look for the others.
        return await asyncio.shield(look)

    async def _look(self, wanted: set[Key]) -> Digests:
        async with self._one_at_a_time:
            self._next = None
            try:
                return await self._inbox.digests(list(wanted))
            except Unavailable as error:
                log.warning("repeats_not_looked_up", reason=str(error), messages=len(wanted))
                return {}
