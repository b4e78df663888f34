"""Participants, their keys, tokens and delegations."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk, tables
from schemas.records.participants import AccessTokenRow, ConsentRow, DelegationRow, ParticipantRow, SigningKeyRow


async def put(
    connection: AsyncConnection,
    *,
    participants: Sequence[ParticipantRow] = (),
    keys: Sequence[SigningKeyRow] = (),
    tokens: Sequence[AccessTokenRow] = (),
    delegations: Sequence[DelegationRow] = (),
    consents: Sequence[ConsentRow] = (),
) -> None:
    """Adds or replaces rows, and raises the revision that doors watch."""
    await bulk.upsert(connection, tables.participant, participants)
    await bulk.upsert(connection, tables.signing_key, keys)
    await bulk.upsert(connection, tables.access_token, tokens)
    await bulk.upsert(connection, tables.delegation, delegations)
    await bulk.upsert(connection, tables.consent, consents)
    await connection.execute(
        text(
            "INSERT INTO directory_revision VALUES (1, 1)"
            " ON CONFLICT (one) DO UPDATE SET revision = directory_revision.revision + 1"
        )
    )


async def revision(connection: AsyncConnection) -> int:
    """A number that rises with each change; 0 before the first."""
    return (await connection.execute(text("SELECT max(revision) FROM directory_revision"))).scalar() or 0


async def everybody(connection: AsyncConnection) -> list[ParticipantRow]:
    return [ParticipantRow.model_validate(row) for row in await connection.execute(select(tables.participant))]


async def keys(connection: AsyncConnection) -> list[SigningKeyRow]:
    return [SigningKeyRow.model_validate(row) for row in await connection.execute(select(tables.signing_key))]


async def tokens(connection: AsyncConnection) -> list[AccessTokenRow]:
    return [AccessTokenRow.model_validate(row) for row in await connection.execute(select(tables.access_token))]


async def delegations(connection: AsyncConnection) -> list[DelegationRow]:
    return [DelegationRow.model_validate(row) for row in await connection.execute(select(tables.delegation))]


async def consents(connection: AsyncConnection, references: Sequence[str]) -> list[ConsentRow]:
    """The consent records with these references, as the stand-in consent register has them."""
    if not references:
        return []
    found = await connection.execute(select(tables.consent).where(tables.consent.c.reference.in_(references)))
    return [ConsentRow.model_validate(row) for row in found]
