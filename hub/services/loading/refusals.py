"""What was wrong with a file's rows, as a CSV file beside it that a person mends and loads."""

import csv
from pathlib import Path
from typing import TextIO

from hub.services.loading.source import FileUnusable, Source, open_source
from registry_store import reference_loads
from registry_store.engine import Engine, transaction
from schemas.records.reference_loads import ReferenceLoadProblemRow, ReferenceLoadRow

HEADING = ("row", "field", "fix", "taken", "line")
FIRST_SHOWN = 10


async def first(engine: Engine, load: ReferenceLoadRow) -> list[ReferenceLoadProblemRow]:
    """A few of the problems, for the screen."""
    async with transaction(engine) as connection:
        return await reference_loads.problems(connection, load.load_id, limit=FIRST_SHOWN)


async def write(engine: Engine, load: ReferenceLoadRow, source_file: Path, to: Path) -> int:
    """Writes every problem with the row that it is about; gives how many there are. The file is made anew.

    It holds rows of the source and is as personal as that one: only its owner may read it.
    """
    source = open_source(source_file, (), ())
    after, written = (-1, ""), 0
    with _made(to) as stream:
        out = csv.writer(stream)
        out.writerow(HEADING)
        while True:
            async with transaction(engine) as connection:
                found = await reference_loads.problems(connection, load.load_id, after)
            if not found:
                return written
            out.writerows(_line(source, problem) for problem in found)
            written += len(found)
            after = (found[-1].row_number, found[-1].field)


def _made(file: Path) -> TextIO:
    try:
        file.touch(mode=0o600)
        return file.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise FileUnusable(f"{file} cannot be written: {error.strerror}; name another with --problems") from None


def _line(source: Source, problem: ReferenceLoadProblemRow) -> tuple[object, ...]:
    taken = "yes, without the field" if problem.kept else "no"
    return problem.row_number, problem.field, problem.fix, taken, source.raw(problem.offset_bytes)
