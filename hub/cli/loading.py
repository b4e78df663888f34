"""`hub meter-points` and `hub network`: reference data from CSV files into the register's database."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from hub import clock
from hub.cli import output, target
from hub.cli.progress import to_stderr
from hub.services.loading import kinds, refusals
from hub.services.loading.load import MOST_REFUSED, FileKind, Progress, load
from registry_store import meter_points as meter_point_store
from registry_store import network_locations, reference_loads
from registry_store.engine import Connection, Engine, transaction
from schemas.records.reference_loads import ReferenceLoadProblemRow, ReferenceLoadRow

DOING = {"fingerprint": "knowing the file again", "rows": "loading"}


@dataclass(frozen=True)
class Loaded:
    """A load at its end, the first of its problems, and where all of them are written."""

    load: ReferenceLoadRow
    first: list[ReferenceLoadProblemRow]
    problems_file: Path | None
    was_in: bool


@click.group(name="meter-points")
def meter_points() -> None:
    """The copy of the industry's meter points that MPANs are held against."""


@click.group()
def network() -> None:
    """How meter points are fed: feeder, substations, BSP, GSP, GSP group, with the days from which it is so."""


def _load_command(kind: FileKind) -> click.Command:
    @click.command(name="load")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--again", is_flag=True, help="load a file anew that is all in already")
    @click.option("--problems", type=click.Path(path_type=Path), help="where to write refused rows [FILE.problems.csv]")
    @click.option("--most-refused", default=MOST_REFUSED, show_default=True, help="stop at more refused rows than this")
    @target.data_option
    @target.json_option
    def command(
        file: Path, again: bool, problems: Path | None, most_refused: int, data: Path | None, as_json: bool
    ) -> None:
        """Load a CSV file. Safe to repeat; after a kill it goes on where it was. Columns: docs/reference-files.md."""

        began = clock.now()

        async def work(engine: Engine) -> Loaded:
            with _bar() as told:
                done = await load(engine, kind, file, clock.now, told, again=again, most_refused=most_refused)
            was_in, to = done.updated_at < began, problems or file.with_name(f"{file.name}.problems.csv")
            if done.rows_refused + done.fields_left_out == 0:
                return Loaded(done, [], None, was_in)
            await refusals.write(engine, done, file, to)
            return Loaded(done, await refusals.first(engine, done), to, was_in)

        _show(target.with_engine(data, work), as_json)

    return command


def _status_command(kind: FileKind, what: str, count: Callable[[Connection], Awaitable[int]]) -> click.Command:
    @click.command(name="status")
    @target.data_option
    @target.json_option
    def command(data: Path | None, as_json: bool) -> None:
        """How much is known, and which files it came from."""

        async def work(engine: Engine) -> tuple[int, list[ReferenceLoadRow]]:
            async with transaction(engine) as connection:
                return await count(connection), await reference_loads.everything(connection, kind.name)

        known, loads = target.with_engine(data, work)
        if as_json:
            output.object_line({"known": known, "loads": [load.model_dump(mode="json") for load in loads]})
        else:
            click.echo(f"{known} {what} are known")
            columns = ("file", "began", "state", "rows", "new", "changed", "same", "refused", "fields left out")
            output.table("Loads", columns, [_line(row) for row in loads])

    return command


meter_points.add_command(_load_command(kinds.METER_POINTS))
meter_points.add_command(_status_command(kinds.METER_POINTS, "meter points", meter_point_store.count))
network.add_command(_load_command(kinds.NETWORK_LOCATIONS))
network.add_command(_status_command(kinds.NETWORK_LOCATIONS, "links", network_locations.count))


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """Bytes done of all, and the rows so far, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        tasks = {name: shown.add_task(words, total=None) for name, words in DOING.items()}

        def told(now: Progress) -> None:
            words = DOING[now.doing]
            if now.load is not None:
                words = f"{words}: {now.load.rows_read} rows, {now.load.rows_refused} refused"
            shown.update(tasks[now.doing], total=now.size, completed=now.done, description=words)

        yield told


def _show(found: Loaded, as_json: bool) -> None:
    if found.was_in:
        to_stderr("This file is all in already, and nothing was done; --again loads it anew. As it ended then:")
    for problem in found.first:
        to_stderr(f"row {problem.row_number}, {problem.field}: {problem.fix}{' (left out)' if problem.kept else ''}")
    if found.problems_file is not None:
        to_stderr(f"All rows with problems, to mend and load again: {found.problems_file}")
    if as_json:
        output.object_line(found.load.model_dump(mode="json"))
    else:
        names = ("rows_read", "rows_added", "rows_changed", "rows_unchanged", "rows_refused", "fields_left_out")
        counts: dict[str, Any] = {name.replace("_", " "): getattr(found.load, name) for name in names}
        output.table("Load", ("what", "count"), list(counts.items()))


def _line(row: ReferenceLoadRow) -> tuple[object, ...]:
    share = 100 * row.offset_bytes // max(1, row.size_bytes)
    state = "all in" if row.finished_at else f"{share} % in; load it again to go on"
    return (
        row.file_name,
        f"{row.started_at:%Y-%m-%d %H:%M} UTC",
        state,
        row.rows_read,
        row.rows_added,
        row.rows_changed,
        row.rows_unchanged,
        row.rows_refused,
        row.fields_left_out,
    )
