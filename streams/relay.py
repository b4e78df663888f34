"""From the outbox to the topics: numbers, publishes, marks. One leader at a time, the others stand by.

Numbers are given in a transaction of the leader's (`registry_store.outbox.number`), before anything is published. It
marks the round before, too: a crash in between publishes that again, with the same event ids and numbers, and
subscribers drop what they have seen.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from hub import clock, metrics
from hub.errors import Unavailable
from hub.publisher import Message, Publisher
from hub.services import feed_epoch
from hub.settings import Settings
from registry_store import leadership, outbox
from registry_store.engine import Engine, connect
from schemas import topics

BATCH = 2000
POLL_SECONDS = 0.25
"""How long the relay sleeps at most when nothing woke it; a NOTIFY may be lost."""
STANDBY_SECONDS = 1.0
CONFIRM_SECONDS = 1.0
"""Less than PostgreSQL waits for a word of the leader (`registry_store.leadership`)."""
LONGEST_WAIT_SECONDS = 5.0

log = structlog.get_logger()


class Relay:
    """Publishes the outbox. Run as many as you like; one works."""

    def __init__(self, settings: Settings) -> None:
        self._bootstrap = settings.kafka or ""
        self._engine: Engine = connect(settings.database or "", pool_size=2)
        self._publisher = Publisher(self._bootstrap)

    async def run(self) -> None:
        """Until cancelled: waits to be the leader, then relays for as long as it is."""
        wait = POLL_SECONDS
        while True:
            try:
                async with leadership.held(self._engine) as leader:
                    if leader is None:
                        await asyncio.sleep(STANDBY_SECONDS)
                        continue
                    log.info("relay_leads")
                    wait = POLL_SECONDS
                    await self._lead(leader)
            except Unavailable as error:
                log.warning("relay_waits", reason=str(error), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    async def close(self) -> None:
        await self._publisher.close()
        await self._engine.dispose()

    async def _lead(self, leader: leadership.Leader) -> None:
        # Before anything is numbered: the register may have been set back, and know less than the topics.
        epoch = await feed_epoch.settle(self._engine, self._bootstrap, clock.now())
        await leader.lose_when_idle()
        rounds = Rounds(leader, self._publisher, epoch)
        while True:
            if not await rounds.step():
                await leader.woken(POLL_SECONDS)


class Rounds:
    """The rounds of one leader. First goes out what an earlier one has numbered and may not have published."""

    def __init__(self, leader: leadership.Leader, publisher: Publisher, epoch: int) -> None:
        self._leader = leader
        self._publisher = publisher
        self._epoch = epoch
        self._published: dict[str, int] = {}
        self._next = outbox.unpublished

    async def step(self) -> bool:
        """Marks the last round and numbers the next in one transaction, then publishes that; whether there was any."""
        async with self._leader.transaction() as connection:
            if self._published:
                await outbox.mark_published(connection, self._published)
            rows = await self._next(connection, BATCH)
            if not rows and self._next is not outbox.number:
                self._next = outbox.number
                rows = await self._next(connection, BATCH)
        self._published = {}
        if not rows:
            return False
        await self._publish([_message(row, self._epoch) for row in rows])
        self._published = {row.topic: row.feed_seq for row in rows}
        for topic, count in Counter(row.topic for row in rows).items():
            metrics.PUBLISHED.labels(kind=topics.kind(topic)).inc(count)
        return True

    async def _publish(self, messages: Sequence[Message]) -> None:
        """However long it takes: a slow Kafka is not to cost the lead, and the next leader would publish it again."""
        publishing = asyncio.ensure_future(self._publisher.publish(messages))
        try:
            while not publishing.done():
                await asyncio.wait({publishing}, timeout=CONFIRM_SECONDS)
                if not publishing.done():
                    await self._leader.confirm()
            await publishing
        finally:
            publishing.cancel()


def _message(row: outbox.Numbered, epoch: int) -> Message:
    headers = [("event-id", str(row.event_id)), ("feed-seq", str(row.feed_seq)), ("feed-epoch", str(epoch))]
    if row.asset_id is not None:
        headers += [("asset-id", str(row.asset_id)), ("asset-version", str(row.asset_version))]
    # What goes out has one partition a topic, so that its feed has one order.
    return Message(row.topic, row.key, row.value, headers, partition=0)
