"""How far the journal is registered, and which batches died on the way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""


async def lock_watermarks(connection: AsyncConnection, partitions: list[Partition]) -> dict[Partition, int]:
    """The last registered offset of each partition (-1 for none), locked until the transaction ends.

    The lock fences a zombie: whoever is second sees the first one's watermark and drops what is done.
    """
    ordered = sorted(partitions)
    values = {"topics": [t for t, _ in ordered], "numbers": [n for _, n in ordered]}
    await connection.execute(
        text(
            "INSERT INTO watermark SELECT t, n, -1"
            " FROM unnest(CAST(:topics AS text[]), CAST(:numbers AS bigint[])) AS p(t, n)"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    rows = await connection.execute(
        text(
            "SELECT w.topic, w.partition, w.last_offset FROM watermark w"
            " JOIN unnest(CAST(:topics AS text[]), CAST(:numbers AS bigint[])) AS p(t, n)"
            " ON (t, n) = (w.topic, w.partition)"
            " ORDER BY w.topic, w.partition FOR UPDATE OF w"
        ),
        values,
    )
    return {(row.topic, row.partition): row.last_offset for row in rows}


async def raise_watermarks(connection: AsyncConnection, last_offsets: Mapping[Partition, int]) -> None:
    """Offsets up to these have had their effect; what was counted of their attempts is forgotten."""
    values = [{"topic": t, "number": n, "last": last} for (t, n), last in sorted(last_offsets.items())]
    await connection.execute(
        text("UPDATE watermark SET last_offset = :last WHERE topic = :topic AND partition = :number"), values
    )
    await connection.execute(
        text(
            "UPDATE batch_attempt SET attempts = 0"
            " WHERE topic = :topic AND partition = :number AND first_offset <= :last"
        ),
        values,
    )


async def watermarks(connection: AsyncConnection) -> dict[Partition, int]:
    rows = await connection.execute(text("SELECT topic, partition, last_offset FROM watermark"))
    return {(row.topic, row.partition): row.last_offset for row in rows}


@dataclass(frozen=True)
class Attempt:
    """How often a batch was begun (this time included), and up to where records are taken one at a time."""

    attempts: int
    careful_until: int


async def begin(connection: AsyncConnection, first_offsets: Mapping[Partition, int]) -> dict[Partition, Attempt]:
    """Notes that batches begin at these offsets. To be committed before the batch is looked at.

    The offsets must be the first that are not registered: a replay may begin anywhere before them, and how it is cut
    into batches is chance.
    """
    # This need not outlive a crash of PostgreSQL itself, only one of the worker.
    await connection.execute(text("SET LOCAL synchronous_commit = off"))
    ordered = sorted(first_offsets.items())
    rows = await connection.execute(
        text(
            "INSERT INTO batch_attempt AS b SELECT t, n, f, 1, -1"
            " FROM unnest(CAST(:topics AS text[]), CAST(:numbers AS bigint[]), CAST(:firsts AS bigint[])) AS p(t, n, f)"
            " ON CONFLICT (topic, partition) DO UPDATE SET"
            " attempts = CASE WHEN b.first_offset = excluded.first_offset THEN b.attempts + 1 ELSE 1 END,"
            " first_offset = excluded.first_offset"
            " RETURNING topic, partition, attempts, careful_until"
        ),
        {
            "topics": [t for (t, _), _ in ordered],
            "numbers": [n for (_, n), _ in ordered],
            "firsts": [f for _, f in ordered],
        },
    )
    return {(row.topic, row.partition): Attempt(row.attempts, row.careful_until) for row in rows}


async def take_back(connection: AsyncConnection, partitions: Collection[Partition]) -> None:
    """The last attempts do not count: what ended them is known and lay in no message."""
    await connection.execute(
        text(
            "UPDATE batch_attempt b SET attempts = greatest(b.attempts - 1, 0)"
            " FROM unnest(CAST(:topics AS text[]), CAST(:numbers AS bigint[])) AS p(t, n)"
            " WHERE (b.topic, b.partition) = (p.t, p.n)"
        ),
        {"topics": [t for t, _ in partitions], "numbers": [n for _, n in partitions]},
    )


async def go_carefully(connection: AsyncConnection, partition: Partition, until: int) -> Attempt:
    """From now on records up to an offset are taken one at a time; counting begins anew."""
    await connection.execute(
        text(
            "UPDATE batch_attempt SET attempts = 1, careful_until = :until WHERE topic = :topic AND partition = :number"
        ),
        {"topic": partition[0], "number": partition[1], "until": until},
    )
    return Attempt(1, until)


async def cluster(connection: AsyncConnection) -> str | None:
    """The cluster that feeds this database, once it is noted."""
    row = await connection.execute(text("SELECT cluster_id FROM journal"))
    found = row.scalar()
    return None if found is None else str(found)


async def note_cluster(connection: AsyncConnection, present: str) -> None:
    """Binds the database to a cluster. The first to do so wins."""
    await connection.execute(
        text("INSERT INTO journal VALUES (1, :present) ON CONFLICT (one) DO NOTHING"), {"present": present}
    )
