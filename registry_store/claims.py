"""What each source said of each asset, message by message."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import sighting, source_claim
from schemas.records import SourceClaimRow

Reference = tuple[str, str]
"""A source and its own reference of an asset."""


async def of_references(connection: AsyncConnection, references: Sequence[Reference]) -> list[SourceClaimRow]:
    """Every claim under these references."""
    if not references:
        return []
    found = await connection.execute(
        text(
            "SELECT c.* FROM source_claim c"
            " JOIN unnest(CAST(:sources AS text[]), CAST(:refs AS text[])) AS k(s, r)"
            " ON (c.source, c.sender_asset_ref) = (k.s, k.r)"
        ).columns(*source_claim.columns),
        {"sources": [s for s, _ in references], "refs": [r for _, r in references]},
    )
    return [SourceClaimRow.model_validate(row) for row in found]


async def of_assets(
    connection: AsyncConnection, asset_ids: Sequence[UUID], sources: Sequence[str]
) -> list[tuple[UUID, SourceClaimRow]]:
    """Every claim of some sources about these assets, each with its asset."""
    found = await connection.execute(
        text(
            "SELECT s.asset_id AS of_asset, c.* FROM sighting s JOIN source_claim c"
            " ON (c.source, c.sender_asset_ref) = (s.source, s.reference)"
            " WHERE s.asset_id = ANY(CAST(:ids AS uuid[])) AND s.source = ANY(CAST(:sources AS text[]))"
        ).columns(sighting.c.asset_id.label("of_asset"), *source_claim.columns),
        {"ids": list(asset_ids), "sources": list(sources)},
    )
    return [(row.of_asset, SourceClaimRow.model_validate(row)) for row in found]


async def under(connection: AsyncConnection, reference: Reference) -> list[SourceClaimRow]:
    """Every claim of a source under one of its references, locked until the transaction ends."""
    found = await connection.execute(
        select(source_claim)
        .where(source_claim.c.source == reference[0], source_claim.c.sender_asset_ref == reference[1])
        .order_by(source_claim.c.claim_id)
        .with_for_update()
    )
    return [SourceClaimRow.model_validate(row) for row in found]


async def blank(connection: AsyncConnection, rows: Sequence[SourceClaimRow]) -> None:
    """Puts in the place of claims what is left of them when what is personal was erased."""
    await bulk.upsert(connection, source_claim, rows)


async def add(connection: AsyncConnection, rows: Sequence[SourceClaimRow]) -> None:
    await bulk.append(connection, source_claim, rows)


async def say_again(connection: AsyncConnection, repeated: Sequence[tuple[UUID, datetime, int | None]]) -> None:
    """Notes that a source still said the same: claim id (each once), the time, and the source's counter then."""
    if not repeated:
        return
    await connection.execute(
        text(
            "UPDATE source_claim c SET said_until = k.t, source_seq = k.s"
            " FROM unnest(CAST(:claims AS uuid[]), CAST(:times AS timestamptz[]), CAST(:counts AS bigint[]))"
            " AS k(c, t, s)"
            " WHERE c.claim_id = k.c"
        ),
        {
            "claims": [c for c, _, _ in repeated],
            "times": [t for _, t, _ in repeated],
            "counts": [s for _, _, s in repeated],
        },
    )
