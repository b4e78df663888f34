"""How far the journal is registered, and which batches died on the way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import rows

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""


async def lock_watermarks(connection: AsyncConnection, partitions: Collection[Partition]) -> dict[Partition, int]:
    """The last registered offset of each partition (-1 for none), locked until the transaction ends.

    The lock fences a zombie: whoever is second sees the first one's watermark and drops what is done.
    """
    found = await _locked(connection, partitions)
    # Once in the life of a partition. Where two workers fall out over it, PostgreSQL ends one, which tries again.
    if new := [at for at in partitions if at not in found]:
        await rows.fetch(
            connection,
            "INSERT INTO watermark SELECT e->>0, (e->>1)::int, -1 FROM jsonb_array_elements($1::jsonb) e"
            " ON CONFLICT DO NOTHING",
            rows.as_json(sorted(new)),
        )
        found |= await _locked(connection, new)
    return found


async def _locked(connection: AsyncConnection, partitions: Collection[Partition]) -> dict[Partition, int]:
    # The first statement of a transaction, which SQLAlchemy begins with it.
    held = await connection.execute(
        text(
            "SELECT w.topic, w.partition, w.last_offset FROM watermark w"
            " JOIN jsonb_array_elements(CAST(CAST(:places AS text) AS jsonb)) AS p(e)"
            " ON (w.topic, w.partition) = (e->>0, (e->>1)::int)"
            " ORDER BY w.topic, w.partition FOR UPDATE OF w"
        ),
        {"places": rows.as_json(partitions)},
    )
    return {(row.topic, row.partition): row.last_offset for row in held}


async def raise_watermarks(connection: AsyncConnection, last_offsets: Mapping[Partition, int]) -> None:
    """Offsets up to these have had their effect."""
    await rows.fetch(
        connection,
        "UPDATE watermark w SET last_offset = (e->>2)::bigint FROM jsonb_array_elements($1::jsonb) e"
        " WHERE (w.topic, w.partition) = (e->>0, (e->>1)::int)",
        rows.as_json((*at, last) for at, last in last_offsets.items()),
    )


async def watermarks(connection: AsyncConnection) -> dict[Partition, int]:
    found = await connection.execute(text("SELECT topic, partition, last_offset FROM watermark"))
    return {(row.topic, row.partition): row.last_offset for row in found}


@dataclass(frozen=True)
class Attempt:
    """How often a batch was begun (this time included), and up to where records are taken one at a time.

    `first` is the offset of its first record that is not registered.
    """

    attempts: int
    careful_until: int
    first: int


async def begin(connection: AsyncConnection, offsets: Mapping[Partition, Sequence[int]]) -> dict[Partition, Attempt]:
    """Notes that batches begin, each at the first of its offsets that is not registered; none for those that are done.

    To be committed before the batch is looked at. A replay may begin anywhere before that offset, and how it is cut
    into batches is chance.
    """
    begun = await connection.execute(
        text(
            # This need not outlive a crash of PostgreSQL itself, only one of the worker.
            "WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),"
            " k AS (SELECT e->>0 AS t, (e->>1)::int AS n, o::bigint AS o"
            " FROM jsonb_array_elements(CAST(CAST(:batches AS text) AS jsonb)) AS e,"
            " jsonb_array_elements_text(e->2) AS o)"
            " INSERT INTO batch_attempt AS b SELECT k.t, k.n, min(k.o), 1, -1 FROM quick, k"
            " LEFT JOIN watermark w ON (w.topic, w.partition) = (k.t, k.n)"
            " WHERE k.o > coalesce(w.last_offset, -1) GROUP BY k.t, k.n ORDER BY k.t, k.n"
            " ON CONFLICT (topic, partition) DO UPDATE SET"
            " attempts = CASE WHEN b.first_offset = excluded.first_offset THEN b.attempts + 1 ELSE 1 END,"
            " first_offset = excluded.first_offset"
            " RETURNING topic, partition, attempts, careful_until, first_offset"
        ),
        {"batches": rows.as_json((*at, list(found)) for at, found in offsets.items())},
    )
    return {(row.topic, row.partition): Attempt(row.attempts, row.careful_until, row.first_offset) for row in begun}


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


async def go_carefully(connection: AsyncConnection, partition: Partition, until: int) -> None:
    """From now on records up to an offset are taken one at a time; counting begins anew."""
    await connection.execute(
        text(
            "UPDATE batch_attempt SET attempts = 1, careful_until = :until WHERE topic = :topic AND partition = :number"
        ),
        {"topic": partition[0], "number": partition[1], "until": until},
    )


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
