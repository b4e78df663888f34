"""What was accepted before: this door's own memory, and the inbox."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import structlog

from hub.errors import Unavailable
from hub.log import where
from registry_store.engine import Engine
from registry_store.inbox import Key
from registry_store.inbox_reader import InboxReader

REMEMBERED = 50_000
"""Messages that this door accepted lately and that may not be registered yet."""

Digests = Mapping[Key, bytes]
"""SHA-256 of the body by sender and message id."""

log = structlog.get_logger()


class Repeats:
    """Messages set out (to the journal) and are then remembered, or are let go again."""

    def __init__(self, engine: Engine) -> None:
        self._inbox = InboxReader(engine)
        self._recent: OrderedDict[Key, bytes] = OrderedDict()
        self._on_their_way: dict[Key, tuple[bytes, int]] = {}
        """The body, and how often it is on its way at once."""
        self._trouble: str | None = None
        """What is wrong with the inbox, beside that PostgreSQL is away."""

    async def registered(self, keys: Sequence[Key]) -> Digests:
        """What this door remembers, and what the inbox holds of the others. Nothing of those where the inbox cannot be
        asked: the registration finds every repeat again, so that a message may still be taken."""
        # While the inbox is asked this door may forget what it remembers now.
        known = {key: self._recent[key] for key in keys if key in self._recent}
        unsure = {key for key in keys if key not in known}
        if not unsure:
            return known
        try:
            found = await self._inbox.digests(list(unsure))
        except Unavailable as error:
            log.warning("repeats_not_looked_up", reason=str(error), messages=len(unsure))
            return known
        except Exception as error:
            # Nobody's message is at fault, and everybody's of this moment would fail with it.
            self._tell(error)
            return known
        if self._trouble is not None:
            self._trouble = None
            log.info("repeats_looked_up_again")
        return known | found

    def _tell(self, error: Exception) -> None:
        """Once, until it is another or over. What the database says of it stays out: it may quote what was asked."""
        trouble = type(error).__name__
        if self._trouble != trouble:
            self._trouble = trouble
            log.error("repeats_not_looked_up", error=trouble, where=where(error))

    def accepted(self, key: Key, registered: Digests) -> bytes | None:
        """Which body was accepted under this id, if any was."""
        return self._recent.get(key) or registered.get(key)

    def sets_out(self, key: Key, digest: bytes) -> bytes:
        """Which body is on its way under this id: this one, unless another is already."""
        before, times = self._on_their_way.get(key, (digest, 0))
        if before == digest:
            self._on_their_way[key] = digest, times + 1
        return before

    def arrived(self, messages: Sequence[tuple[Key, bytes]], *, taken: bool) -> None:
        """What was on its way is in the journal from now on, or it is not."""
        for key, _ in messages:
            digest, times = self._on_their_way.pop(key)
            if times > 1:
                self._on_their_way[key] = digest, times - 1
        if taken:
            self._recent.update(messages)
            while len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)

    async def close(self) -> None:
        await self._inbox.close()
