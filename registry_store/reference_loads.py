"""How far each file is loaded into a reference table, and what was wrong with its rows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import reference_load, reference_load_problem
from schemas.records.reference_loads import ReferenceLoadProblemRow, ReferenceLoadRow


async def latest(connection: AsyncConnection, kind: str, digest: str) -> ReferenceLoadRow | None:
    """The last load of a file, by the digest of its content."""
    found = await connection.execute(
        select(reference_load)
        .where(reference_load.c.kind == kind, reference_load.c.digest == digest)
        .order_by(reference_load.c.started_at.desc())
        .limit(1)
    )
    row = found.first()
    return ReferenceLoadRow.model_validate(row) if row else None


async def everything(connection: AsyncConnection, kind: str) -> list[ReferenceLoadRow]:
    """All loads of a kind, the last one first."""
    found = await connection.execute(
        select(reference_load).where(reference_load.c.kind == kind).order_by(reference_load.c.started_at.desc())
    )
    return [ReferenceLoadRow.model_validate(row) for row in found]


async def put(connection: AsyncConnection, row: ReferenceLoadRow) -> None:
    await bulk.upsert(connection, reference_load, [row])


async def offset(connection: AsyncConnection, load_id: UUID) -> int | None:
    """How far a load is, held until the caller's commit: nobody else carries it on meanwhile."""
    found = await connection.execute(
        text("SELECT offset_bytes FROM reference_load WHERE load_id = :load_id FOR UPDATE"), {"load_id": load_id}
    )
    value = found.scalar()
    return None if value is None else int(value)


async def note(connection: AsyncConnection, problems: Sequence[ReferenceLoadProblemRow]) -> None:
    await bulk.append(connection, reference_load_problem, problems)


async def problems(
    connection: AsyncConnection, load_id: UUID, after: tuple[int, str] = (-1, ""), limit: int = 1000
) -> list[ReferenceLoadProblemRow]:
    """What was wrong, in the order of the file, from behind a row number and field."""
    table = reference_load_problem
    found = await connection.execute(
        select(table)
        .where(table.c.load_id == load_id, tuple_(table.c.row_number, table.c.field) > after)
        .order_by(table.c.row_number, table.c.field)
        .limit(limit)
    )
    return [ReferenceLoadProblemRow.model_validate(row) for row in found]
