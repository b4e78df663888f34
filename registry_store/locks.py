"""Locks that keep two workers from deciding about one premises or one device at the same time."""

import hashlib
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import rows

RELAY_LEADER = 0x666D6172  # "fmar"
FEED_NUMBERS = 0x666D6E75  # "fmnu"
DISPUTES_WAITING = 0x666D6477  # "fmdw"


def lock_number(key: str) -> int:
    """A signed 64-bit number for a lock key; the key itself does not reach the database."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


async def take(connection: AsyncConnection, keys: Iterable[str]) -> None:
    """Holds every key until the transaction ends. Always in the same order, so that no two wait for each other."""
    numbers = sorted({lock_number(key) for key in keys})
    await rows.fetch(
        connection,
        "SELECT count(pg_advisory_xact_lock(n::bigint)) FROM jsonb_array_elements_text($1::jsonb) AS n",
        rows.as_json(numbers),
    )
