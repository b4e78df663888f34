"""Loads a file into a reference table: chunk by chunk, each in one transaction with how far the file is then.

Whatever ends a load, even kill -9, the same file goes on where the last whole chunk ended; loading it again when it is
all in does nothing. Rows that are refused are noted in the same transactions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import uuid_utils.compat as uuid

from hub.errors import HubError
from hub.services.loading.cells import Cells, RowRefused
from hub.services.loading.source import Chunk, Line, Source, fingerprint, open_source
from registry_store import reference_loads
from registry_store.engine import Connection, Engine, transaction
from registry_store.superseding import Merged
from schemas.records.reference_loads import ReferenceLoadProblemRow, ReferenceLoadRow

CHUNK_ROWS = 20_000
MOST_REFUSED = 100_000

Now = Callable[[], datetime]


class LoadStopped(HubError):
    """The load cannot go on; the text says why, and what to do. What is in stays in."""


@dataclass(frozen=True)
class FileKind:
    """One kind of file: its columns, how a row is read, what a row is about, how rows get into their table."""

    name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    read: Callable[[Cells], tuple[Any, ...]]
    subject: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    merge: Callable[[Connection, list[tuple[Any, ...]], datetime], Awaitable[Merged]]


@dataclass(frozen=True)
class Progress:
    """For the person who waits: what is being done, how many bytes of how many, and the counts so far."""

    doing: str
    done: int
    size: int
    load: ReferenceLoadRow | None = None


@dataclass
class _Read:
    """A chunk whose rows have been read."""

    next_offset: int
    rows_read: int
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    problems: list[ReferenceLoadProblemRow] = field(default_factory=list)

    @property
    def refused(self) -> int:
        return sum(not problem.kept for problem in self.problems)


async def load(
    engine: Engine,
    kind: FileKind,
    file: Path,
    now: Now,
    told: Callable[[Progress], None],
    *,
    again: bool = False,
    most_refused: int = MOST_REFUSED,
    chunk_rows: int = CHUNK_ROWS,
) -> ReferenceLoadRow:
    """The load as it is at its end. `again` loads a file anew that is all in.

    Raises `FileUnusable`, `LoadStopped` when more than `most_refused` rows are refused or somebody else loads the same
    file now, or `Unavailable`.
    """
    source = open_source(file, kind.columns, kind.required)
    size = source.size
    digest = await asyncio.to_thread(fingerprint, file, lambda done: told(Progress("fingerprint", done, size)))
    row = await _begin(engine, kind, source, digest, now(), again)
    if row.finished_at is not None:
        return row
    chunks = source.chunks(row.offset_bytes, row.rows_read, chunk_rows)
    ahead = asyncio.create_task(asyncio.to_thread(_next, kind, source, chunks, row))
    try:
        while (read := await ahead) is not None:
            # The next chunk is read while PostgreSQL takes this one.
            ahead = asyncio.create_task(asyncio.to_thread(_next, kind, source, chunks, row))
            row = await _take(engine, kind, row, read, now())
            told(Progress("rows", row.offset_bytes, size, row))
            if row.rows_refused > most_refused:
                raise LoadStopped(
                    f"{row.rows_refused} rows of {file} are refused, more than {most_refused}; "
                    "is it the right file? Look at the refused rows, or load on with --most-refused"
                )
    finally:
        ahead.cancel()
    return await _finish(engine, row, now())


async def _begin(
    engine: Engine, kind: FileKind, source: Source, digest: str, now: datetime, again: bool
) -> ReferenceLoadRow:
    async with transaction(engine) as connection:
        before = await reference_loads.latest(connection, kind.name, digest)
        if before is not None and (before.finished_at is None or not again):
            return before
        row = ReferenceLoadRow(
            load_id=uuid.uuid7(),
            kind=kind.name,
            digest=digest,
            file_name=source.file.name,
            size_bytes=source.size,
            offset_bytes=source.first_offset,
            rows_read=0,
            rows_added=0,
            rows_changed=0,
            rows_unchanged=0,
            rows_refused=0,
            fields_left_out=0,
            started_at=now,
            updated_at=now,
            finished_at=None,
        )
        await reference_loads.put(connection, row)
        return row


def _next(kind: FileKind, source: Source, chunks: Iterator[Chunk], row: ReferenceLoadRow) -> _Read | None:
    chunk = next(chunks, None)
    if chunk is None or not chunk.lines:
        return None
    read = _Read(chunk.next_offset, chunk.lines[-1].number)
    for line in chunk.lines:
        _read_line(kind, source, line, row, read)
    return read


def _read_line(kind: FileKind, source: Source, line: Line, row: ReferenceLoadRow, read: _Read) -> None:
    def problem(column: str, fix: str, kept: bool) -> ReferenceLoadProblemRow:
        return ReferenceLoadProblemRow(
            load_id=row.load_id,
            row_number=line.number,
            field=column,
            fix=fix,
            kept=kept,
            offset_bytes=line.offset,
        )

    if line.fault is not None:
        read.problems.append(problem("(row)", line.fault, False))
        return
    cells = Cells(source.positions, line.cells)
    try:
        values = kind.read(cells)
    except RowRefused as refused:
        read.problems.append(problem(refused.column, refused.fix, False))
        return
    read.problems += [problem(column, fix, True) for column, fix in cells.left_out]
    read.rows[kind.subject(values)] = values


async def _take(engine: Engine, kind: FileKind, row: ReferenceLoadRow, read: _Read, now: datetime) -> ReferenceLoadRow:
    async with transaction(engine) as connection:
        if await reference_loads.offset(connection, row.load_id) != row.offset_bytes:
            raise LoadStopped(f"{row.file_name} is being loaded by somebody else right now; let that one finish")
        merged = await kind.merge(connection, list(read.rows.values()), now)
        await reference_loads.note(connection, read.problems)
        after = row.model_copy(
            update={
                "offset_bytes": read.next_offset,
                "rows_read": read.rows_read,
                "rows_added": row.rows_added + merged.added,
                "rows_changed": row.rows_changed + merged.changed,
                "rows_unchanged": row.rows_unchanged + merged.unchanged,
                "rows_refused": row.rows_refused + read.refused,
                "fields_left_out": row.fields_left_out + len(read.problems) - read.refused,
                "updated_at": now,
            }
        )
        await reference_loads.put(connection, after)
        return after


async def _finish(engine: Engine, row: ReferenceLoadRow, now: datetime) -> ReferenceLoadRow:
    done = row.model_copy(update={"updated_at": now, "finished_at": now})
    async with transaction(engine) as connection:
        await reference_loads.put(connection, done)
    return done
