"""Which messages had their effect. A repeat finds itself here and has none."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import inbox
from schemas.records.journal import InboxRow

Key = tuple[str, str]
"""A sender and its message id."""

DIGESTS = (
    "SELECT i.sender, i.message_id, i.body_sha256 FROM inbox i"
    " JOIN unnest(CAST($1 AS text[]), CAST($2 AS text[])) AS k(s, m)"
    " ON (i.sender, i.message_id) = (k.s, k.m)"
)
"""What the inbox holds of senders ($1) and their message ids ($2)."""


async def digests(connection: AsyncConnection, keys: Sequence[Key]) -> dict[Key, bytes]:
    """SHA-256 of the body of each message that had its effect; keys that are not there have had none."""
    if not keys:
        return {}
    rows = await connection.execute(
        text(DIGESTS.replace("$1", ":senders").replace("$2", ":ids")),
        {"senders": [s for s, _ in keys], "ids": [m for _, m in keys]},
    )
    return {(row.sender, row.message_id): bytes(row.body_sha256) for row in rows}


async def put(connection: AsyncConnection, rows: Sequence[InboxRow]) -> set[Key]:
    """Notes the messages of a batch; gives the keys that are new. No key may be there twice in one call."""
    return {(sender, message_id) for sender, message_id in await bulk.add_new(connection, inbox, rows)}
