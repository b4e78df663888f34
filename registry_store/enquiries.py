"""Places about which an enquiry service is to be asked, and what it answered lately."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk, driver
from registry_store.tables import enquiry_answer, meter_point_enquiry
from schemas.records.meter_points import EnquiryAnswerRow, MeterPointEnquiryRow

Reference = tuple[str, str]
"""A source and its own reference of an asset."""


async def open_(connection: AsyncConnection, rows: Sequence[MeterPointEnquiryRow]) -> None:
    """Places to be asked about. One that waits already, with the same question and reason, goes on as it was."""
    if not rows:
        return
    names = [column.name for column in meter_point_enquiry.columns if not column.primary_key]
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names)
    raw = await driver.within(connection)
    await raw.execute(
        f"{bulk.insert(meter_point_enquiry)} ON CONFLICT (source, sender_asset_ref) DO UPDATE SET {replaced}"
        " WHERE (t.question, t.reason) IS DISTINCT FROM (excluded.question, excluded.reason)",
        *bulk.arrays(meter_point_enquiry, rows),
    )


async def close(connection: AsyncConnection, references: Sequence[Reference]) -> None:
    """Nothing more is to be asked about these."""
    if references:
        raw = await driver.within(connection)
        await raw.execute(
            "DELETE FROM meter_point_enquiry e USING unnest($1::text::text[], $2::text::text[]) AS k(s, r)"
            " WHERE (e.source, e.sender_asset_ref) = (k.s, k.r)",
            bulk.array([s for s, _ in references]),
            bulk.array([r for _, r in references]),
        )


async def take_due(
    connection: AsyncConnection, now: datetime, limit: int, lease: timedelta
) -> list[MeterPointEnquiryRow]:
    """What is due, the longest first, and nobody else's until the lease is over."""
    columns = ", ".join(f"e.{column.name}" for column in meter_point_enquiry.columns)
    found = await connection.execute(
        text(
            "UPDATE meter_point_enquiry e SET due_at = :until FROM ("
            " SELECT source, sender_asset_ref FROM meter_point_enquiry WHERE due_at <= :now"
            " ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED) d"
            " WHERE e.source = d.source AND e.sender_asset_ref = d.sender_asset_ref"
            f" RETURNING {columns}"
        ).columns(*meter_point_enquiry.columns),
        {"now": now, "limit": limit, "until": now + lease},
    )
    return [MeterPointEnquiryRow.model_validate(row) for row in found]


async def look_again(connection: AsyncConnection, row: MeterPointEnquiryRow) -> None:
    """How one looks after it was asked about; nothing when it was closed or opened anew meanwhile."""
    table = meter_point_enquiry
    names = ("due_at", "attempts", "asked_at", "told_overdue", "answer_sha256")
    await connection.execute(
        table.update()
        .where(
            table.c.source == row.source,
            table.c.sender_asset_ref == row.sender_asset_ref,
            table.c.opened_at == row.opened_at,
        )
        .values({name: getattr(row, name) for name in names})
    )


async def of(connection: AsyncConnection, references: Sequence[Reference]) -> list[MeterPointEnquiryRow]:
    """What waits for these references."""
    table = meter_point_enquiry
    found = await connection.execute(
        select(table).where(tuple_(table.c.source, table.c.sender_asset_ref).in_(list(references)))
    )
    return [MeterPointEnquiryRow.model_validate(row) for row in found]


async def ages(connection: AsyncConnection, now: datetime) -> tuple[int, int]:
    """How many places wait, and how many of them for longer than the policy finds right."""
    found = await connection.execute(
        text("SELECT count(*), count(*) FILTER (WHERE alarm_at <= :now) FROM meter_point_enquiry"), {"now": now}
    )
    waiting, overdue = found.one()
    return int(waiting), int(overdue)


async def remembered(connection: AsyncConnection, service: str, question: str) -> EnquiryAnswerRow | None:
    """The last answer to a question, of whatever age."""
    table = enquiry_answer
    found = await connection.execute(select(table).where(table.c.service == service, table.c.question == question))
    row = found.first()
    return EnquiryAnswerRow.model_validate(row) if row else None


async def remember(connection: AsyncConnection, row: EnquiryAnswerRow) -> None:
    await bulk.upsert(connection, enquiry_answer, [row])


async def forget_before(connection: AsyncConnection, moment: datetime) -> None:
    """Answers from before a moment count no more; they hold addresses and are not kept for nothing."""
    await connection.execute(delete(enquiry_answer).where(enquiry_answer.c.asked_at < moment))
