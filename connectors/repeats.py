"""What was accepted before: this door's own memory, and the inbox."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

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
    """Messages pass from `on_their_way` (to the journal) to those that are remembered, or are let go again."""

    def __init__(self, engine: Engine) -> None:
        self._inbox = InboxReader(engine)
        self._recent: OrderedDict[Key, bytes] = OrderedDict()
        self.on_their_way: dict[Key, bytes] = {}

    async def registered(self, keys: Sequence[Key]) -> Digests:
        """What the inbox holds of messages that this door does not remember. Nothing without PostgreSQL: the
        registration finds every repeat again, so that a message may still be taken."""
        unsure = {key for key in keys if key not in self._recent}
        if not unsure:
            return {}
        try:
            return await self._inbox.digests(list(unsure))
        except Unavailable as error:
            log.warning("repeats_not_looked_up", reason=str(error), messages=len(unsure))
            return {}

    def accepted(self, key: Key, registered: Digests) -> bytes | None:
        """Which body was accepted under this id, if any was."""
        return self._recent.get(key) or registered.get(key)

    def arrived(self, messages: Mapping[Key, bytes], *, taken: bool) -> None:
        """What was on its way is in the journal from now on, or it is not."""
        for key in messages:
            self.on_their_way.pop(key, None)
        if taken:
            self._recent.update(messages)
            while len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)

    async def close(self) -> None:
        await self._inbox.close()
