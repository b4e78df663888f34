"""What is due by when, so that a day that passes without a message is noticed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk, driver
from registry_store.claims import Reference
from registry_store.tables import due_clock
from schemas.records.assets import DueClockRow


async def replace(connection: AsyncConnection, references: Sequence[Reference], rows: Sequence[DueClockRow]) -> None:
    """These are the clocks of these references, and no others. One that stays as it was keeps when it was fired."""
    if not references:
        return
    given = bulk.arrays(due_clock, rows)
    sources, refs = len(given) + 1, len(given) + 2
    raw = await driver.within(connection)
    await raw.execute(
        f"DELETE FROM due_clock d USING unnest(${sources}::text::text[], ${refs}::text::text[]) AS k(s, r)"
        " WHERE (d.source, d.sender_asset_ref) = (k.s, k.r)"
        f" AND NOT EXISTS (SELECT FROM ({bulk.given(due_clock)}) n"
        " WHERE (n.source, n.sender_asset_ref, n.kind, n.due_on)"
        " = (d.source, d.sender_asset_ref, d.kind, d.due_on))",
        *given,
        bulk.array([s for s, _ in references]),
        bulk.array([r for _, r in references]),
    )
    await bulk.add_new(connection, due_clock, rows)


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[DueClockRow]:
    """Clocks that have run out and that the hub has not told itself of; the oldest first."""
    found = await connection.execute(
        text(
            "SELECT * FROM due_clock WHERE fired_at IS NULL AND due_at <= :now"
            " ORDER BY due_at, source, sender_asset_ref, kind LIMIT :limit"
        ).columns(*due_clock.columns),
        {"now": now, "limit": limit},
    )
    return [DueClockRow.model_validate(row) for row in found]


async def fired(connection: AsyncConnection, rows: Sequence[DueClockRow], now: datetime) -> None:
    """Notes that the journal has the message of each of these; one that has changed meanwhile is left alone."""
    if not rows:
        return
    given = bulk.arrays(due_clock, rows)
    raw = await driver.within(connection)
    await raw.execute(
        f"UPDATE due_clock d SET fired_at = ${len(given) + 1} FROM ({bulk.given(due_clock)}) n"
        " WHERE (d.source, d.sender_asset_ref, d.kind, d.due_on)"
        " = (n.source, n.sender_asset_ref, n.kind, n.due_on)",
        *given,
        now,
    )
