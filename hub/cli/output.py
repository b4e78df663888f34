"""What a command prints: tables for people on standard output, one JSON object as the last line where asked."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table


def object_line(content: Mapping[str, Any]) -> None:
    """One JSON object, the last line of the output."""
    click.echo(orjson.dumps(content).decode())


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    shown = Table(*columns, title=title, title_justify="left")
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    Console().print(shown)
