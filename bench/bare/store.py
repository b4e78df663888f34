"""The bare loop's own tables and statements: inbox, a million keys, assets, history, outbox, watermark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

CHANNEL = "bare_outbox"

TABLES = """
CREATE TABLE inbox (sender text, message_id text, body_sha256 bytea NOT NULL, PRIMARY KEY (sender, message_id));
CREATE TABLE key (value text PRIMARY KEY, asset_id uuid NOT NULL);
CREATE TABLE asset (asset_id uuid PRIMARY KEY, version bigint NOT NULL, state bytea NOT NULL);
CREATE TABLE history (asset_id uuid, version bigint, recorded_at timestamptz DEFAULT now(), state bytea NOT NULL,
    PRIMARY KEY (asset_id, version));
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key bytea NOT NULL, value bytea NOT NULL,
    published_at timestamptz);
CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL;
CREATE TABLE watermark (partition int PRIMARY KEY, last_offset bigint NOT NULL);
"""

STOCK = """
INSERT INTO key SELECT 'STOCK' || n, md5(n::text)::uuid FROM generate_series(1, $1::bigint) AS n
"""
STOCK_ASSETS = """
INSERT INTO asset SELECT md5(n::text)::uuid, 1, decode(repeat(md5(n::text), 6), 'hex')
    FROM generate_series(1, $1::bigint) AS n
"""
WAITS = "SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)"


@dataclass(frozen=True)
class Version:
    """One version of one asset: its state as it goes out."""

    asset_id: UUID
    number: int
    state: bytes


async def make(connection: asyncpg.Connection, keys: int) -> None:
    """Empty tables, but for so many keys and assets that no message speaks of."""
    await connection.execute(TABLES)
    await connection.execute(STOCK, keys)
    await connection.execute(STOCK_ASSETS, keys)
    await connection.execute("VACUUM ANALYZE")


async def fence(connection: asyncpg.Connection, partitions: Sequence[int]) -> dict[int, int]:
    """The last offset of each partition that had its effect, locked until the transaction ends."""
    rows = await connection.fetch(
        "SELECT partition, last_offset FROM watermark WHERE partition = ANY($1) ORDER BY 1 FOR UPDATE", partitions
    )
    return {row[0]: row[1] for row in rows}


async def note(connection: asyncpg.Connection, messages: Sequence[tuple[str, str, bytes]]) -> set[tuple[str, str]]:
    """Puts (sender, message id, digest) into the inbox; gives those that were not there."""
    senders, ids, digests = zip(*messages, strict=True)
    rows = await connection.fetch(
        "INSERT INTO inbox SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])"
        " ON CONFLICT DO NOTHING RETURNING sender, message_id",
        senders,
        ids,
        digests,
    )
    return {(row[0], row[1]) for row in rows}


async def known(connection: asyncpg.Connection, keys: Sequence[str]) -> dict[str, tuple[UUID, int]]:
    """Asset and its version for each key that is known."""
    rows = await connection.fetch(
        "SELECT k.value, k.asset_id, a.version FROM key k JOIN asset a USING (asset_id) WHERE k.value = ANY($1)", keys
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def write(
    connection: asyncpg.Connection,
    keys: Mapping[str, UUID],
    versions: Sequence[Version],
    marks: Mapping[int, int],
) -> None:
    """New keys, the last version of each asset, history, outbox, watermarks."""
    last = {version.asset_id: version for version in versions}
    await connection.execute(
        "INSERT INTO key SELECT * FROM unnest($1::text[], $2::uuid[]) ON CONFLICT DO NOTHING",
        list(keys),
        list(keys.values()),
    )
    await connection.execute(
        "INSERT INTO asset SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bytea[])"
        " ON CONFLICT (asset_id) DO UPDATE SET version = excluded.version, state = excluded.state",
        list(last),
        [version.number for version in last.values()],
        [version.state for version in last.values()],
    )
    await connection.copy_records_to_table(
        "history", records=[(v.asset_id, v.number, v.state) for v in versions], columns=("asset_id", "version", "state")
    )
    await connection.copy_records_to_table(
        "outbox", records=[(v.asset_id.bytes, v.state) for v in versions], columns=("key", "value")
    )
    await connection.execute(
        "INSERT INTO watermark SELECT * FROM unnest($1::int[], $2::bigint[])"
        " ON CONFLICT (partition) DO UPDATE SET last_offset = excluded.last_offset",
        list(marks),
        list(marks.values()),
    )
    await connection.execute(f"NOTIFY {CHANNEL}")


async def waiting(connection: asyncpg.Connection, limit: int) -> list[tuple[int, bytes, bytes]]:
    """The next rows of the outbox that are not published: id, key, value."""
    rows = await connection.fetch(
        "SELECT id, key, value FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1", limit
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def mark(connection: asyncpg.Connection, ids: Sequence[int]) -> None:
    await connection.execute("UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])", ids)
