"""What each source said of each asset, message by message."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk, rows
from registry_store.tables import claim_repeat, source_claim
from schemas.records.claims import ClaimRepeatRow, SourceClaimRow

Reference = tuple[str, str]
"""A source and its own reference of an asset."""


async def of_references(connection: AsyncConnection, references: Sequence[Reference]) -> list[SourceClaimRow]:
    """Every claim under these references."""
    if not references:
        return []
    return await rows.records(
        connection,
        SourceClaimRow,
        "SELECT c.* FROM source_claim c"
        " JOIN unnest($1::text::text[], $2::text::text[]) AS k(s, r)"
        " ON (c.source, c.sender_asset_ref) = (k.s, k.r)",
        bulk.array([s for s, _ in references]),
        bulk.array([r for _, r in references]),
    )


async def by_messages(
    connection: AsyncConnection, references: Sequence[Reference], message_ids: Sequence[str]
) -> list[SourceClaimRow]:
    """The claims under these references that came with one of these messages."""
    if not references or not message_ids:
        return []
    found = await connection.execute(
        text(
            "SELECT c.* FROM source_claim c"
            " JOIN unnest(CAST(:sources AS text[]), CAST(:refs AS text[])) AS k(s, r)"
            " ON (c.source, c.sender_asset_ref) = (k.s, k.r) WHERE c.message_id = ANY(CAST(:ids AS text[]))"
        ).columns(*source_claim.columns),
        {
            "sources": [s for s, _ in references],
            "refs": [r for _, r in references],
            "ids": list(message_ids),
        },
    )
    return [SourceClaimRow.model_validate(row) for row in found]


async def under(connection: AsyncConnection, reference: Reference) -> list[SourceClaimRow]:
    """Every claim of a source under one of its references, locked until the transaction ends."""
    found = await connection.execute(
        select(source_claim)
        .where(source_claim.c.source == reference[0], source_claim.c.sender_asset_ref == reference[1])
        .order_by(source_claim.c.claim_id)
        .with_for_update()
    )
    return [SourceClaimRow.model_validate(row) for row in found]


async def blank(connection: AsyncConnection, left: Sequence[SourceClaimRow]) -> None:
    """Puts in the place of claims what is left of them when what is personal was erased."""
    await bulk.upsert(connection, source_claim, left)


async def add(connection: AsyncConnection, told: Sequence[SourceClaimRow]) -> None:
    await bulk.append(connection, source_claim, told)


async def say_again(connection: AsyncConnection, said: Sequence[ClaimRepeatRow]) -> None:
    """Notes that a source still said the same; the last row about a claim is the newest."""
    if not said:
        return
    await bulk.append(connection, claim_repeat, said)
    newest = {row.claim_id: row for row in said}.values()
    await connection.execute(
        text(
            "UPDATE source_claim c SET said_until = k.t, source_seq = k.s, received_at = k.r"
            " FROM unnest(CAST(:claims AS uuid[]), CAST(:times AS timestamptz[]), CAST(:counts AS bigint[]),"
            " CAST(:received AS timestamptz[])) AS k(c, t, s, r)"
            " WHERE c.claim_id = k.c"
        ),
        {
            "claims": [row.claim_id for row in newest],
            "times": [row.said_until for row in newest],
            "counts": [row.source_seq for row in newest],
            "received": [row.received_at for row in newest],
        },
    )


async def repeats(connection: AsyncConnection, claim_ids: Sequence[UUID]) -> list[ClaimRepeatRow]:
    """Every message that said one of these claims again, in the order of record."""
    if not claim_ids:
        return []
    found = await connection.execute(
        text(
            "SELECT * FROM claim_repeat WHERE claim_id = ANY(CAST(:ids AS uuid[]))"
            # A source's counter and time only rise from repeat to repeat.
            " ORDER BY coalesce(source_seq, -1), said_until, sender, message_id"
        ).columns(*claim_repeat.columns),
        {"ids": list(claim_ids)},
    )
    return [ClaimRepeatRow.model_validate(row) for row in found]
