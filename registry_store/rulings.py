"""What people have decided: each participant's newest word about each pair, and about each device's place."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store import rows as store
from registry_store.inbox import Key
from registry_store.tables import meter_point_word, ruling
from schemas.records.decisions import MeterPointWordRow, RulingRow

Name = tuple[str, str]
"""A source and its reference of a device; of an asset id no source, and the id in their place."""


async def about(connection: AsyncConnection, names: Collection[Name]) -> list[RulingRow]:
    """Every decision about a pair with one of these names."""
    if not names:
        return []
    found = await store.fetch(
        connection,
        "WITH k AS (SELECT e->>0 AS s, e->>1 AS r FROM jsonb_array_elements($1::jsonb) e)"
        " SELECT t.* FROM ruling t JOIN k ON (t.source_a, t.reference_a) = (k.s, k.r)"
        " UNION SELECT t.* FROM ruling t JOIN k ON (t.source_b, t.reference_b) = (k.s, k.r)",
        store.as_json(names),
    )
    return store.read(RulingRow, found)


async def words(connection: AsyncConnection, names: Sequence[Name]) -> list[MeterPointWordRow]:
    """Every participant's word about the meter points of these devices."""
    if not names:
        return []
    found = await store.fetch(
        connection,
        "SELECT t.* FROM meter_point_word t"
        " JOIN (SELECT e->>0, e->>1 FROM jsonb_array_elements($1::jsonb) e) AS k(s, r)"
        " ON (t.source, t.reference) = (k.s, k.r)",
        store.as_json(names),
    )
    return store.read(MeterPointWordRow, found)


async def words_by_messages(connection: AsyncConnection, keys: Sequence[Key]) -> list[MeterPointWordRow]:
    """The words that came with these messages, as far as they are still their participants' last."""
    if not keys:
        return []
    found = await connection.execute(
        text(
            "SELECT t.* FROM meter_point_word t JOIN unnest(CAST(:participants AS text[]), CAST(:ids AS text[]))"
            " AS k(p, m) ON (t.participant, t.message_id) = (k.p, k.m)"
        ).columns(*meter_point_word.columns),
        {"participants": [participant for participant, _ in keys], "ids": [message_id for _, message_id in keys]},
    )
    return [MeterPointWordRow.model_validate(row) for row in found]


async def put_word(connection: AsyncConnection, row: MeterPointWordRow) -> None:
    """Writes it in the place of what the participant has said of the device before."""
    await bulk.upsert(connection, meter_point_word, [row])


async def forget_words(connection: AsyncConnection, name: Name) -> None:
    """Takes away what was said of the meter points of a device whose household is to be forgotten."""
    source, reference = name
    table = meter_point_word
    await connection.execute(delete(table).where(table.c.source == source, table.c.reference == reference))


async def put(connection: AsyncConnection, rows: Sequence[RulingRow]) -> None:
    """Writes each in the place of what the participant has said of the pair before."""
    await bulk.upsert(connection, ruling, rows)
