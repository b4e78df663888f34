"""A journal that is full before anybody reads it: signed messages as the doors put them there, all of them live."""

import time
from collections.abc import Sequence

from bench.mix import Told
from bench.rig import Rig
from connectors.journal import Entry, Journal
from hub import clock
from hub.publisher import Publisher
from schemas import topics

CHUNK = 1000


async def fill(rig: Rig, told: Sequence[Told]) -> None:
    """Signs messages and appends them to the journal, repeats and all."""
    publisher = Publisher(rig.settings.kafka or "")
    journal = Journal(publisher, rig.settings.secret or "")
    now = int(time.time())
    try:
        for start in range(0, len(told), CHUNK):
            await publisher.publish(
                [journal.message(_entry(rig, one, now), topics.INTAKE) for one in told[start : start + CHUNK]]
            )
    finally:
        await publisher.close()


def _entry(rig: Rig, one: Told, now: int) -> Entry:
    notification = one.notification
    return Entry(
        one.signed(rig.signers[one.sender], now),
        one.sender,
        notification.source,
        notification.sender_asset_ref,
        one.door,
        clock.now(),
    )
