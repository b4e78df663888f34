"""What the benches' commands have in common: options, and how a result is given."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

F = TypeVar("F", bound=Callable[..., Any])


def say(sentence: str) -> None:
    """Progress, on standard error."""
    click.echo(sentence, err=True)


def numbers(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    """Positive whole numbers, with commas between them."""
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter("give whole numbers with commas between them, such as 1,2") from None
    if min(found) < 1:
        raise click.BadParameter("give numbers above 0")
    return found


def common(command: F) -> F:
    """`--seed`, `--output` and `--json`."""
    for option in (
        click.option("--seed", default=1, show_default=True, help="the same seed makes the same messages"),
        click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="file for the whole result"),
        click.option("--json", "as_json", is_flag=True, help="print one JSON object as the last line"),
    ):
        command = option(command)
    return command


def give(found: Mapping[str, Any], output: Path | None, as_json: bool, shown: Sequence[str]) -> None:
    """Writes the whole result where that is asked for; prints it as one line, or the figures that matter most."""
    if output is not None:
        output.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        say(f"The whole result is in {output}.")
    if as_json:
        click.echo(orjson.dumps(found).decode())
        return
    for name in shown:
        value = found[name]
        click.echo(f"{name:24} {value:,.3f}" if isinstance(value, float) else f"{name:24} {value}")
