"""Sightings: what each source says of each device, by which keys they find one another, and whose asset they are."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk, rows
from registry_store.tables import membership, sighting, sighting_key
from schemas.records.sightings import MembershipRow, SightingKeyRow, SightingRow

Key = tuple[str, str, str]
"""Scheme, issuer and value."""
SightingId = tuple[str, str]
"""A source and its own reference of a device."""


async def holders(connection: AsyncConnection, keys: Sequence[Key], limit: int) -> dict[Key, set[SightingId]]:
    """Who has these keys: of each key at most `limit` holders, for a key that a crowd has is not read whole."""
    if not keys:
        return {}
    found = await rows.fetch(
        connection,
        "SELECT k.n, h.source, h.reference FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS k(e, n)"
        " CROSS JOIN LATERAL (SELECT source, reference FROM sighting_key"
        " WHERE (scheme, issuer, value) = (k.e->>0, k.e->>1, k.e->>2) ORDER BY source, reference LIMIT $2) h",
        rows.as_json(keys),
        limit,
    )
    by_key: dict[Key, set[SightingId]] = defaultdict(set)
    for number, source, reference in found:
        by_key[keys[number - 1]].add((source, reference))
    return by_key


async def lock(connection: AsyncConnection, ids: Collection[SightingId]) -> list[SightingRow]:
    """These sightings as they are, held until the transaction ends.

    In the order of their ids, so that two workers wait for each other rather than fall out.
    """
    if not ids:
        return []
    return await rows.records(
        connection,
        SightingRow,
        "SELECT t.* FROM sighting t"
        " JOIN (SELECT e->>0, e->>1 FROM jsonb_array_elements($1::jsonb) e) AS k(s, r)"
        " ON (t.source, t.reference) = (k.s, k.r) ORDER BY t.source, t.reference FOR UPDATE OF t",
        rows.as_json(ids),
    )


async def ids_of_assets(connection: AsyncConnection, asset_ids: Collection[UUID]) -> list[SightingId]:
    """Which sightings some assets are made of."""
    if not asset_ids:
        return []
    found = await rows.fetch(
        connection,
        "SELECT source, reference FROM sighting"
        " WHERE asset_id = ANY(ARRAY(SELECT e::uuid FROM jsonb_array_elements_text($1::jsonb) e))",
        rows.as_json(asset_ids),
    )
    return [(source, reference) for source, reference in found]


async def of_assets(connection: AsyncConnection, asset_ids: Sequence[UUID]) -> list[SightingRow]:
    """The sightings of some assets."""
    if not asset_ids:
        return []
    found = await connection.execute(
        text("SELECT * FROM sighting WHERE asset_id = ANY(CAST(:ids AS uuid[])) ORDER BY source, reference").columns(
            *sighting.columns
        ),
        {"ids": list(asset_ids)},
    )
    return [SightingRow.model_validate(row) for row in found]


async def ids_of_own(connection: AsyncConnection, own_ids: Sequence[UUID]) -> dict[UUID, SightingId]:
    """The sightings that these asset ids were first given to; nothing for an id that is not known."""
    if not own_ids:
        return {}
    found = await connection.execute(
        text("SELECT own_id, source, reference FROM sighting WHERE own_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(own_ids)},
    )
    return {row.own_id: (row.source, row.reference) for row in found}


async def by_own_id(connection: AsyncConnection, own_id: UUID) -> SightingRow | None:
    """The sighting that an asset id was first given to; its `asset_id` is where that id leads now."""
    found = await connection.execute(
        text("SELECT * FROM sighting WHERE own_id = :own").columns(*sighting.columns), {"own": own_id}
    )
    row = found.one_or_none()
    return SightingRow.model_validate(row) if row else None


async def undecided(
    connection: AsyncConnection, after: SightingId | None, limit: int, *, without_facts: bool
) -> list[SightingRow]:
    """Sightings that an upgrade has left bare, in the order of their ids."""
    query = select(sighting).where(sighting.c.standing == text("'{}'::jsonb"))
    if without_facts:
        query = query.where(sighting.c.facts == text("'{}'::jsonb"))
    if after is not None:
        query = query.where(tuple_(sighting.c.source, sighting.c.reference) > tuple_(*after))
    found = await connection.execute(query.order_by(sighting.c.source, sighting.c.reference).limit(limit))
    return [SightingRow.model_validate(row) for row in found]


async def put(
    connection: AsyncConnection,
    new: Sequence[SightingRow],
    their_keys: Sequence[SightingKeyRow],
    others: Sequence[SightingRow],
    keys: Sequence[SightingKeyRow],
    gone: Sequence[SightingKeyRow],
) -> None:
    """Adds sightings that were never there, writes others anew, adds keys, and takes away those no longer theirs."""
    await bulk.append(connection, sighting, new)
    await bulk.append(connection, sighting_key, their_keys)
    await bulk.upsert(connection, sighting, others)
    await bulk.upsert(connection, sighting_key, keys)
    if gone:
        columns = ("scheme", "issuer", "value", "source", "reference")
        await connection.execute(
            text(
                "DELETE FROM sighting_key t USING unnest(CAST(:scheme AS text[]), CAST(:issuer AS text[]),"
                " CAST(:value AS text[]), CAST(:source AS text[]), CAST(:reference AS text[])) AS k(a, b, c, d, e)"
                " WHERE (t.scheme, t.issuer, t.value, t.source, t.reference) = (k.a, k.b, k.c, k.d, k.e)"
            ),
            {name: [getattr(row, name) for row in gone] for name in columns},
        )


async def note_memberships(connection: AsyncConnection, found: Sequence[MembershipRow]) -> None:
    await bulk.append(connection, membership, found, leave_out=("membership_id",))


async def memberships(connection: AsyncConnection, ids: Sequence[SightingId]) -> list[MembershipRow]:
    """Every asset that these sightings were ever of, in the order of record."""
    if not ids:
        return []
    found = await connection.execute(
        text(
            "SELECT t.* FROM membership t JOIN unnest(CAST(:sources AS text[]), CAST(:refs AS text[])) AS k(s, r)"
            " ON (t.source, t.reference) = (k.s, k.r) ORDER BY t.membership_id"
        ).columns(*membership.columns),
        {"sources": [s for s, _ in ids], "refs": [r for _, r in ids]},
    )
    return [MembershipRow.model_validate(row) for row in found]


async def ever_of(
    connection: AsyncConnection, asset_ids: Sequence[UUID], sources: Sequence[str] | None = None
) -> list[MembershipRow]:
    """Every sighting that was ever one of these assets, with all the assets that it was of; of some sources, or all."""
    if not asset_ids:
        return []
    found = await connection.execute(
        text(
            "SELECT t.* FROM membership t WHERE (t.source, t.reference) IN"
            " (SELECT m.source, m.reference FROM membership m WHERE m.asset_id = ANY(CAST(:ids AS uuid[])))"
            " AND (CAST(:sources AS text[]) IS NULL OR t.source = ANY(CAST(:sources AS text[])))"
            " ORDER BY t.membership_id"
        ).columns(*membership.columns),
        {"ids": list(asset_ids), "sources": None if sources is None else list(sources)},
    )
    return [MembershipRow.model_validate(row) for row in found]
