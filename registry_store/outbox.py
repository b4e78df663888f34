"""What is to go out, written in the transaction of its cause; numbered and published by the relay."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.kafka import MAX_MESSAGE_BYTES
from hub.rules.access import RowFilter
from registry_store import bulk, driver, locks
from registry_store.assets import visible
from registry_store.tables import asset, former_operator, outbox
from schemas.records.outbound import OutboxRow

LARGEST_VALUE_BYTES = MAX_MESSAGE_BYTES - 4 * 1024
"""What Kafka takes, less room for key, headers and its own form."""
LONGEST_BATCH = timedelta(minutes=2)
"""More than passes between the time that a batch is recorded at and its commit: a worker that stands still is ended."""
CHANNEL = "outbox"
"""NOTIFY wakes the relay; it still polls, since a notification may be lost."""


class Outgoing(NamedTuple):
    """A row to be: the relay's column comes later."""

    event_id: UUID
    topic: str
    key: bytes
    value: bytes
    asset_id: UUID | None
    asset_version: int | None
    created_at: datetime


class Numbered(NamedTuple):
    """A row as the relay publishes it."""

    topic: str
    feed_seq: int
    event_id: UUID
    key: bytes
    value: bytes
    asset_id: UUID | None
    asset_version: int | None


class TooLarge(ValueError):
    """No topic takes so large a message; writing it would leave the relay stuck before it for ever."""


async def add(connection: AsyncConnection, rows: Sequence[Outgoing]) -> None:
    """Raises `TooLarge`."""
    if not rows:
        return
    for row in rows:
        if len(row.value) > LARGEST_VALUE_BYTES:
            raise TooLarge(f"a message for {row.topic} has {len(row.value)} bytes, larger than {LARGEST_VALUE_BYTES}")
    await bulk.copy(connection, outbox.name, Outgoing._fields, rows)
    await (await driver.within(connection)).execute(f"NOTIFY {CHANNEL}")


async def clear(connection: AsyncConnection) -> None:
    """Throws everything away. For a register that nobody hears of."""
    await connection.execute(text("TRUNCATE outbox"))


async def number(connection: AsyncConnection, limit: int) -> list[Numbered]:
    """Gives the next rows their `feed_seq`, one sequence a topic, without gaps. For the leader only.

    To be committed before they are published. A sequence taken at insertion would leave a gap for each transaction that
    fails, and would let a reader skip a row that commits late.
    """
    # A leader that lost its lead may still be at it; two at once would give one row two numbers and leave a gap.
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": locks.FEED_NUMBERS})
    return _in_order(await (await driver.within(connection)).fetch(_NUMBER, limit))


_GOES_OUT = "o.topic, o.feed_seq, o.event_id, o.key, o.value, o.asset_id, o.asset_version"
_NUMBER = f"""
WITH fresh AS MATERIALIZED (
  SELECT outbox_id, topic FROM outbox WHERE feed_seq IS NULL ORDER BY outbox_id LIMIT $1
), counted AS MATERIALIZED (
  SELECT outbox_id, topic, row_number() OVER (PARTITION BY topic ORDER BY outbox_id) AS n FROM fresh
), raised AS (
  INSERT INTO feed AS f (topic, last_seq, published_seq) SELECT topic, max(n), 0 FROM counted GROUP BY topic
  ON CONFLICT (topic) DO UPDATE SET last_seq = f.last_seq + excluded.last_seq
  RETURNING topic, last_seq
), totals AS (SELECT topic, max(n) AS total FROM counted GROUP BY topic)
UPDATE outbox o SET feed_seq = r.last_seq - t.total + c.n
FROM counted c JOIN raised r USING (topic) JOIN totals t USING (topic) WHERE o.outbox_id = c.outbox_id
RETURNING {_GOES_OUT}
"""  # noqa: S608 - a constant
_UNPUBLISHED = f"""
SELECT {_GOES_OUT} FROM feed f JOIN outbox o ON o.topic = f.topic AND o.feed_seq > f.published_seq
WHERE f.published_seq < f.last_seq ORDER BY o.topic, o.feed_seq LIMIT $1
"""  # noqa: S608 - a constant


async def unpublished(connection: AsyncConnection, limit: int) -> list[Numbered]:
    """The next numbered rows that are not yet known to be in their topic, topic by topic."""
    return _in_order(await (await driver.within(connection)).fetch(_UNPUBLISHED, limit))


def _in_order(found: Iterable[Sequence[Any]]) -> list[Numbered]:
    """By topic and number. Not in the order of insertion: a row that was committed late may have the later number."""
    return sorted((Numbered(*row) for row in found), key=itemgetter(0, 1))


async def mark_published(connection: AsyncConnection, last: Mapping[str, int]) -> None:
    """Each of these topics has everything up to a number."""
    await connection.execute(
        text(
            "UPDATE feed f SET published_seq = greatest(f.published_seq, p.seq)"
            " FROM unnest(CAST(:topics AS text[]), CAST(:seqs AS bigint[])) AS p(topic, seq) WHERE f.topic = p.topic"
        ),
        {"topics": list(last), "seqs": list(last.values())},
    )


async def feed(connection: AsyncConnection, topic: str, allowed: RowFilter, after: int, limit: int) -> list[OutboxRow]:
    """The events of a topic after a number, in its order, as far as the reader may see their assets."""
    # An operator whose area an asset has left still has what was told while it was there.
    left = select(former_operator.c.asset_id).where(former_operator.c.operator.in_(allowed.operator_codes))
    query = (
        select(outbox)
        .join(asset, asset.c.asset_id == outbox.c.asset_id)
        .where(
            outbox.c.topic == topic,
            outbox.c.feed_seq > after,
            or_(visible(allowed), asset.c.asset_id.in_(left)),
        )
        .order_by(outbox.c.feed_seq)
        .limit(limit)
    )
    return [OutboxRow.model_construct(**row._mapping) for row in await connection.execute(query)]


async def last_numbered(connection: AsyncConnection, topic: str) -> int:
    """The last number before the first event that has none yet; 0 before the first.

    A snapshot is as of this number. Assets may be newer than it, since events are numbered after their commit: who goes
    on from it meets versions it has, and drops them.
    """
    row = await connection.execute(text("SELECT last_seq FROM feed WHERE topic = :topic"), {"topic": topic})
    return row.scalar() or 0


async def last_recorded(connection: AsyncConnection, topic: str, known_at: datetime) -> int:
    """The last number before the first event that was recorded after a time; 0 before the first.

    Numbers follow the order of commits, which is that of recording but for what a batch takes: the search goes by
    halves to a while before the time, and from there event by event.
    """
    first, last = 0, await last_numbered(connection, topic)
    while first < last:
        middle = (first + last + 1) // 2
        found = await connection.execute(
            text("SELECT created_at FROM outbox WHERE topic = :topic AND feed_seq = :seq"),
            {"topic": topic, "seq": middle},
        )
        if found.scalar_one() <= known_at - LONGEST_BATCH:
            first = middle
        else:
            last = middle - 1
    row = await connection.execute(
        text(
            "SELECT feed_seq FROM outbox WHERE topic = :topic AND feed_seq > :first AND created_at > :known_at"
            " ORDER BY feed_seq LIMIT 1"
        ),
        {"topic": topic, "first": first, "known_at": known_at},
    )
    later = row.scalar()
    return int(later) - 1 if later is not None else await last_numbered(connection, topic)


async def waiting(connection: AsyncConnection) -> int:
    """How many rows are not yet published."""
    row = await connection.execute(
        text(
            "SELECT (SELECT count(*) FROM outbox WHERE feed_seq IS NULL)"
            " + (SELECT coalesce(sum(last_seq - published_seq), 0) FROM feed)"
        )
    )
    return int(row.scalar_one())


async def published(connection: AsyncConnection) -> int:
    """A number that rises whenever something was published."""
    row = await connection.execute(text("SELECT coalesce(sum(published_seq), 0) FROM feed"))
    return int(row.scalar_one())
