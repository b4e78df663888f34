"""The epochs of the feeds: how often the register was set back, and behind which number each topic went on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.feed_epochs import Start


async def starts(connection: AsyncConnection) -> list[Start]:
    """Of every epoch but the first."""
    rows = await connection.execute(text("SELECT epoch, topic, after_seq FROM feed_epoch"))
    return [Start(row.epoch, row.topic, row.after_seq) for row in rows]


async def begin(connection: AsyncConnection, found: Sequence[Start], now: datetime) -> None:
    """Notes where an epoch begins. What has a later number there already goes out again."""
    values = [{"epoch": s.epoch, "topic": s.topic, "after": s.after, "now": now} for s in found]
    await connection.execute(text("INSERT INTO feed_epoch VALUES (:epoch, :topic, :after, :now)"), values)
    await connection.execute(
        text("UPDATE feed SET published_seq = least(published_seq, :after) WHERE topic = :topic"), values
    )


async def last_numbers(connection: AsyncConnection) -> dict[str, int]:
    """The last number that was given on each topic."""
    rows = await connection.execute(text("SELECT topic, last_seq FROM feed"))
    return {row.topic: row.last_seq for row in rows}


async def events(connection: AsyncConnection, topic: str, numbers: Sequence[int]) -> Mapping[int, UUID]:
    """The event under each of these numbers, as far as there is one."""
    rows = await connection.execute(
        text(
            "SELECT feed_seq, event_id FROM outbox WHERE topic = :topic AND feed_seq = ANY(CAST(:numbers AS bigint[]))"
        ),
        {"topic": topic, "numbers": list(numbers)},
    )
    return {row.feed_seq: row.event_id for row in rows}
