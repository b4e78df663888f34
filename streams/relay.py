"""From the outbox to the topics: numbers, publishes, marks. One leader at a time, the others stand by.

Numbers are given in a transaction of their own (`registry_store.outbox.number`). Between publishing and marking a crash
publishes again, with the same event id and `feed_seq`: subscribers drop what they have seen.
"""

import asyncio
from collections.abc import Sequence

import structlog

from hub import clock, metrics
from hub.errors import Unavailable
from hub.kafka import Message, Publisher
from hub.services import feed_epoch
from hub.settings import Settings
from registry_store import leadership, outbox
from registry_store.engine import Engine, connect, transaction
from schemas import topics
from schemas.records.outbound import OutboxRow

BATCH = 2000
POLL_SECONDS = 0.25
"""How long the relay sleeps at most when nothing woke it; a NOTIFY may be lost."""
STANDBY_SECONDS = 1.0
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
        while True:
            # Asked on the connection that holds the lock: whoever lost that connection has lost the lead.
            await leader.confirm()
            if not await self._step(epoch):
                await leader.woken(POLL_SECONDS)

    async def _step(self, epoch: int) -> bool:
        """Numbers, publishes and marks one batch; whether there was any."""
        async with transaction(self._engine) as connection:
            await outbox.number(connection, BATCH)
        async with transaction(self._engine) as connection:
            rows = await outbox.unpublished(connection, BATCH)
        if not rows:
            return False
        await self._publisher.publish([_message(row, epoch) for row in rows])
        async with transaction(self._engine) as connection:
            await outbox.mark_published(connection, [row.outbox_id for row in rows], clock.now())
        _count(rows)
        return True


def _message(row: OutboxRow, epoch: int) -> Message:
    headers = [("event-id", str(row.event_id)), ("feed-seq", str(row.feed_seq)), ("feed-epoch", str(epoch))]
    if row.asset_id is not None:
        headers += [("asset-id", str(row.asset_id)), ("asset-version", str(row.asset_version))]
    return Message(row.topic, row.key, row.value, tuple(headers))


def _count(rows: Sequence[OutboxRow]) -> None:
    for row in rows:
        metrics.PUBLISHED.labels(kind=topics.kind(row.topic)).inc()
