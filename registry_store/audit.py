"""The audit log: lanes of entries that are only ever added to."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk, rows
from registry_store.tables import audit_entry, audit_head
from schemas.records.audit import AuditEntryRow, AuditHeadRow

NOTHING_YET = b"\x00" * 32
SNAPSHOT = "read_snapshot"
"""The kind of an entry about every asset that its reader might see; it names none."""
PAGE = 2000

Place = tuple[datetime, str, int]
"""Time, lane and number of an entry: the order in which entries are shown."""


async def lock_heads(connection: AsyncConnection, lanes: Collection[str]) -> dict[str, AuditHeadRow]:
    """The last entry of each lane, locked until the transaction ends; number 0 for a lane that begins here."""
    # First those that begin, then the locks, each in the same order: so no two transactions wait for each other.
    given = rows.as_json(sorted(lanes))
    await rows.fetch(
        connection,
        "INSERT INTO audit_head SELECT lane, 0, $2, to_timestamp(0) FROM jsonb_array_elements_text($1::jsonb) AS lane"
        " ORDER BY lane ON CONFLICT DO NOTHING",
        given,
        NOTHING_YET,
    )
    found = await rows.records(
        connection,
        AuditHeadRow,
        "SELECT * FROM audit_head WHERE lane = ANY(ARRAY(SELECT jsonb_array_elements_text($1::jsonb)))"
        " ORDER BY lane FOR UPDATE",
        given,
    )
    return {row.lane: row for row in found}


async def add(connection: AsyncConnection, entries: Sequence[AuditEntryRow], heads: Sequence[AuditHeadRow]) -> None:
    """Adds entries, and moves the heads of their lanes to where they now are."""
    await bulk.append(connection, audit_entry, entries)
    await rows.fetch(
        connection,
        "UPDATE audit_head h SET seq = k.n, hash = k.d, at = k.t"
        " FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::timestamptz[]) AS k(l, n, d, t) WHERE h.lane = k.l",
        *([getattr(head, name) for head in heads] for name in ("lane", "seq", "hash", "at")),
    )


async def heads(connection: AsyncConnection) -> dict[str, AuditHeadRow]:
    """Every lane's last entry, in the order of the lanes' names."""
    rows = [AuditHeadRow.model_validate(row) for row in await connection.execute(select(audit_head))]
    return {row.lane: row for row in sorted(rows, key=lambda r: r.lane)}


async def lanes(connection: AsyncConnection) -> list[str]:
    """Every lane that has an entry, in the order of their names."""
    # From lane to lane by the key, since DISTINCT would read every entry.
    found = await connection.execute(
        text(
            "WITH RECURSIVE l AS ((SELECT lane FROM audit_entry ORDER BY lane LIMIT 1) UNION ALL"
            " SELECT (SELECT e.lane FROM audit_entry e WHERE e.lane > l.lane ORDER BY e.lane LIMIT 1)"
            " FROM l WHERE l.lane IS NOT NULL) SELECT lane FROM l WHERE lane IS NOT NULL"
        )
    )
    return sorted(row.lane for row in found)


async def entries(
    connection: AsyncConnection, lane: str, first: int = 1, last: int | None = None
) -> AsyncIterator[AuditEntryRow]:
    """The entries of a lane in their order, from one number to another, both included."""
    after = first - 1
    while True:
        query = select(audit_entry).where(audit_entry.c.lane == lane, audit_entry.c.seq > after)
        if last is not None:
            query = query.where(audit_entry.c.seq <= last)
        rows = (await connection.execute(query.order_by(audit_entry.c.seq).limit(PAGE))).all()
        for row in rows:
            yield AuditEntryRow.model_validate(row)
        if len(rows) < PAGE:
            return
        after = rows[-1].seq


@dataclass(frozen=True)
class Wanted:
    """Which entries somebody asks for: `since` up to but not `until`; absent parts leave none out."""

    asset_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None

    @property
    def everything(self) -> bool:
        return self == Wanted()


async def extent(connection: AsyncConnection, wanted: Wanted) -> dict[str, tuple[int, int]]:
    """For each lane with an entry that is wanted, the numbers of the first and the last of them."""
    rows = await connection.execute(
        select(audit_entry.c.lane, func.min(audit_entry.c.seq), func.max(audit_entry.c.seq))
        .where(*_conditions(wanted))
        .group_by(audit_entry.c.lane)
    )
    return {lane: (first, last) for lane, first, last in sorted(rows.all())}


async def one(connection: AsyncConnection, lane: str, seq: int) -> AuditEntryRow | None:
    found = await connection.execute(select(audit_entry).where(audit_entry.c.lane == lane, audit_entry.c.seq == seq))
    row = found.one_or_none()
    return AuditEntryRow.model_validate(row) if row else None


async def page(
    connection: AsyncConnection, wanted: Wanted, after: Place | None, limit: int, *, with_snapshots: bool
) -> list[AuditEntryRow]:
    """The next entries that are wanted, oldest first. Snapshots name no asset: who asks for one gets them as well."""
    query = select(audit_entry).where(*_conditions(wanted, with_snapshots=with_snapshots))
    place: list[ColumnElement[Any]] = [audit_entry.c.at, audit_entry.c.lane, audit_entry.c.seq]
    if wanted.asset_id is not None:
        # OFFSET 0 has them found first and ordered then: the order's own index would lead through the whole log.
        found = query.offset(0).subquery()
        query, place = select(found), [found.c.at, found.c.lane, found.c.seq]
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*after))
    rows = await connection.execute(query.order_by(*place).limit(limit))
    return [AuditEntryRow.model_validate(row) for row in rows]


def _conditions(wanted: Wanted, *, with_snapshots: bool = False) -> list[ColumnElement[bool]]:
    c = audit_entry.c
    found: list[ColumnElement[bool]] = []
    if wanted.asset_id is not None:
        # The second part is for the planner, whose index has only entries that name some.
        on_a_page = and_(c.assets.contains([str(wanted.asset_id)]), c.assets != cast([], ARRAY(Text)))
        found.append(or_(c.asset_id == wanted.asset_id, on_a_page, *([c.kind == SNAPSHOT] if with_snapshots else ())))
    if wanted.since is not None:
        found.append(c.at >= wanted.since)
    if wanted.until is not None:
        found.append(c.at < wanted.until)
    if wanted.kind is not None:
        found.append(c.kind == wanted.kind)
    return found
