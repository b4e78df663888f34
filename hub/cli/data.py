"""`hub import`: rows of public registers become signed notifications through the door of a running hub."""

import asyncio
from pathlib import Path
from typing import cast

import click

from hub.cli import output, target
from hub.cli.importing.bar import progress_bar
from hub.cli.importing.sending import Kind, import_file, sender_of
from hub.cli.importing.summary import ImportSummary

KINDS = ("ecr", "chargepoints")


@click.command(name="import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@target.target_options
@target.json_option
def import_(kind: str, file: Path, url: str | None, key: Path | None, data: Path | None, as_json: bool) -> None:
    """Import an embedded capacity register (ecr) or a chargepoint registry (chargepoints). Safe to repeat."""
    register = cast(Kind, kind)
    at = target.find(url, key, data, sender_of(register))
    with progress_bar() as shown:
        summary = asyncio.run(import_file(register, file, at.url, at.identity, shown))
    if as_json:
        output.object_line(summary.as_json())
    else:
        _show(summary)


def _show(summary: ImportSummary) -> None:
    rows = [
        (name, getattr(summary, name))
        for name in ("rows", "sent", "registered", "duplicates", "queried", "refused", "assets")
    ]
    output.table("Import", ("what", "count"), rows)
    if summary.reasons:
        output.table("Reasons", ("rows", "reason"), [(n, text) for text, n in summary.reasons.items()])
