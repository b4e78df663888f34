"""`hub rebuild`: does the register follow from the journal?"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from hub import clock, settings
from hub.cli import output, target
from hub.cli.progress import to_stderr
from hub.cli.target import Store
from registry_store import databases
from streams.rebuild import Rebuilt, Watcher, database_beside
from streams.rebuild import rebuild as replay


@click.command()
@click.option("--into", metavar="URL", help="an empty database of your own to rebuild into; it stays")
@click.option("--keep", is_flag=True, help="leave the rebuilt database beside the hub's own one")
@click.option("--show-values", is_flag=True, help="name what differs with its values, which may be personal")
@target.data_option
@target.json_option
def rebuild(into: str | None, keep: bool, show_values: bool, data: Path | None, as_json: bool) -> None:
    """Replay the journal into an empty register and compare. Exit 0 if it is equal, 1 if not, with each difference.

    The hub may run meanwhile; its register is only read.
    """
    if into is not None and not into.startswith("postgresql://"):
        raise click.UsageError("--into must be a postgresql:// URL of an empty database")
    at = target.store(data)
    found = asyncio.run(_rebuild(at, target.secret(data), into, keep))
    named = [d.sentence(with_values=show_values) for s in found.subjects for d in s.differences]
    named += [f"{s.not_named} more of the {s.subject} differ" for s in found.subjects if s.not_named]
    if as_json:
        output.object_line(
            {"equal": found.equal, "messages": found.messages, "assets": found.assets, "differences": named}
        )
    else:
        _show(found, named)
    raise SystemExit(0 if found.equal else 1)


async def _rebuild(at: Store, secret: str, into: str | None, keep: bool) -> Rebuilt:
    policy = settings.load(data=at.data).stacking_policy
    beside = nullcontext(into) if into is not None else database_beside(at.database, clock.now(), keep=keep)
    async with beside as url:
        if keep or into is not None:
            to_stderr(f"What is rebuilt stays in the database {databases.name_of(url)}.")
        with _watched() as watcher:
            return await replay(at.database, url, at.kafka, secret, policy, watcher)


@contextmanager
def _watched() -> Iterator[Watcher]:
    """A bar of messages replayed, then a line for each subject compared, on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("messages replayed", total=None, rate="")

        def replayed(done: int, total: int) -> None:
            speed = shown.tasks[task].speed
            shown.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield Watcher(replayed, lambda sentence: shown.console.print(sentence, highlight=False))


def _show(found: Rebuilt, named: list[str]) -> None:
    rows = [(s.subject, s.rows, s.differing) for s in found.subjects]
    output.table(f"{found.messages} messages replayed", ("compared", "rows", "differing"), rows)
    for sentence in named:
        click.echo(sentence)
    click.echo("The register is what the journal makes of it." if found.equal else "The register is NOT equal.")
