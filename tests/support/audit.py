"""What tests do with the audit log: append to it, read it back, export it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from hub.services.audit import check, export, log
from hub.services.audit.log import Draft
from registry_store import tables
from registry_store.audit import Wanted
from registry_store.engine import Engine, repeatable_read, transaction
from schemas.records.audit import AuditEntryRow
from tests.support.notifications import T0


async def append(engine: Engine, drafts: Mapping[str, Sequence[Draft]], now: datetime = T0) -> None:
    async with transaction(engine) as connection:
        await log.append(connection, drafts, now)


async def entries(engine: Engine, kind: str | None = None) -> list[AuditEntryRow]:
    """Every entry, or those of one kind, by lane and number."""
    c = tables.audit_entry.c
    query = select(tables.audit_entry).order_by(c.lane, c.seq)
    async with transaction(engine) as connection:
        rows = await connection.execute(query if kind is None else query.where(c.kind == kind))
        return [AuditEntryRow.model_validate(row) for row in rows]


async def export_lines(engine: Engine, wanted: Wanted | None = None) -> list[bytes]:
    return [line async for line in export.lines(engine, wanted or Wanted(), T0)]


async def problems(engine: Engine) -> tuple[str, ...]:
    """What `hub verify` says of the chains."""
    async with repeatable_read(engine) as connection:
        return (await check.chains(connection)).problems
