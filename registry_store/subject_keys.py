"""Keys of the audit log's subjects, wrapped; and the one that names them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk, rows
from registry_store.tables import naming_key, subject_key
from schemas.records.audit import NamingKeyRow, SubjectKeyRow

PAGE = 5000


async def newest(connection: AsyncConnection, subjects: Sequence[str]) -> dict[str, SubjectKeyRow]:
    """The newest key of each subject that ever had one, whether destroyed or not."""
    found = await of(connection, subjects)
    return {subject: row for (subject, _), row in sorted(found.items())}


async def of(connection: AsyncConnection, subjects: Sequence[str]) -> dict[tuple[str, int], SubjectKeyRow]:
    """Every key of these subjects, by subject and generation."""
    found = await rows.records(
        connection,
        SubjectKeyRow,
        "SELECT * FROM subject_key WHERE subject = ANY($1::text::text[])",
        bulk.array(subjects),
    )
    return {(row.subject, row.generation): row for row in found}


async def add_new(connection: AsyncConnection, rows: Sequence[SubjectKeyRow]) -> set[str]:
    """Adds keys; gives the subjects whose key was not there yet."""
    return {subject for subject, _ in await bulk.add_new(connection, subject_key, rows)}


async def destroy(connection: AsyncConnection, subject: str, reason: str, now: datetime) -> list[int]:
    """Takes away every key that a subject has; gives their generations. That they were there is kept."""
    rows = await connection.execute(
        text(
            "UPDATE subject_key SET wrapped = NULL, destroyed_at = :now, reason = :reason"
            " WHERE subject = :subject AND wrapped IS NOT NULL RETURNING generation"
        ),
        {"subject": subject, "reason": reason, "now": now},
    )
    return sorted(row.generation for row in rows)


async def wrapped_otherwise(connection: AsyncConnection, wrapped_by: str) -> AsyncIterator[list[SubjectKeyRow]]:
    """Pages of the keys that are wrapped by another key than this one, locked until the transaction ends."""
    key = tuple_(subject_key.c.subject, subject_key.c.generation)
    query = (
        select(subject_key)
        .where(subject_key.c.wrapped.is_not(None), subject_key.c.wrapped_by != wrapped_by)
        .order_by(subject_key.c.subject, subject_key.c.generation)
        .limit(PAGE)
        .with_for_update()
    )
    page = [SubjectKeyRow.model_validate(row) for row in await connection.execute(query)]
    while page:
        yield page
        last = (page[-1].subject, page[-1].generation)
        page = [SubjectKeyRow.model_validate(row) for row in await connection.execute(query.where(key > tuple_(*last)))]


async def replace(connection: AsyncConnection, rows: Sequence[SubjectKeyRow]) -> None:
    await bulk.upsert(connection, subject_key, rows)


async def naming(connection: AsyncConnection) -> NamingKeyRow | None:
    row = (await connection.execute(select(naming_key))).one_or_none()
    return NamingKeyRow.model_validate(row) if row else None


async def put_naming(connection: AsyncConnection, row: NamingKeyRow) -> NamingKeyRow:
    """Notes the naming key the first time; who comes second gets the one that is there."""
    await bulk.add_new(connection, naming_key, [row])
    return NamingKeyRow.model_validate((await connection.execute(select(naming_key))).one())


async def replace_naming(connection: AsyncConnection, row: NamingKeyRow) -> None:
    await bulk.upsert(connection, naming_key, [row])
