"""The progress bar of an import, on standard error, so that the summary alone is on standard output."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.cli.importing.sending import ImportProgress


@contextmanager
def progress_bar() -> Iterator[Callable[[ImportProgress], None]]:
    """Shows how many assets the door has answered and how many have ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        sent, ended = shown.add_task("sent", total=None), shown.add_task("registered or answered", total=None)

        def progress(now: ImportProgress) -> None:
            shown.update(sent, total=now.assets, completed=now.answered)
            shown.update(ended, total=now.assets, completed=now.ended)

        yield progress
