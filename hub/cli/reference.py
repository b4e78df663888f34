"""`hub reference check`: whether a folder of reference tables can be used, before a hub is started with it."""

from pathlib import Path

import click

from hub.cli import output
from hub.cli.importing import words
from hub.cli.target import json_option
from schemas.reference.check import TableOfFolder, check
from schemas.reference.read import BadReferenceDataError


@click.group()
def reference() -> None:
    """Reference tables of your own, as HUB_REFERENCE names them."""


@reference.command("check")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path))
@json_option
def check_folder(folder: Path, as_json: bool) -> None:
    """Read every table as it would be with FOLDER in use. Exit 1 and file, line and column of what cannot be used."""
    try:
        found = check(folder)
        words.capacity_register(folder)
        words.chargepoints(folder)
    except BadReferenceDataError as error:
        if as_json:
            output.object_line({"ok": False, "problem": str(error)})
        else:
            click.echo(f"hub: {error}", err=True)
        raise SystemExit(1) from None
    if as_json:
        files = [{"file": t.file, "adds": t.adds, "lines": t.lines} for t in found]
        output.object_line({"ok": True, "files": files})
    else:
        output.table("Reference tables", ("file", "", "lines"), [(t.file, effect(t), t.lines) for t in found])


def effect(table: TableOfFolder) -> str:
    return "adds to the shipped table" if table.adds else "stands in for the shipped table"
