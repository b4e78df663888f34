"""`hub weights`: how much each agreement is worth, estimated from a file of notifications."""

import csv
import sys
from datetime import date
from pathlib import Path
from typing import TextIO

import click

from hub import clock
from hub.cli.match import read
from hub.cli.progress import to_stderr
from hub.rules.matching import policy
from hub.services.weight_estimation import Weights, estimate
from schemas.reference.weights import COLUMNS, identity_weights


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="the table; standard output when not given"
)
@click.option("--seed", default=1, show_default=True, help="of the pairs that are drawn by chance")
def weights(file: Path, out: Path | None, seed: int) -> None:
    """A table of weights from FILE (flat JSON lines), to be put as identity_weights.csv into the folder of
    HUB_REFERENCE. What cannot be estimated stays as it is in use."""
    notifications, left_out = read(file)
    try:
        found, pairs = estimate(notifications, policy.shipped(), seed)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    today = clock.today()
    if out is None:
        _write(sys.stdout, found, pairs, today)
    else:
        with out.open("w", newline="", encoding="utf-8") as table:
            _write(table, found, pairs, today)
    to_stderr(f"estimated from {pairs:,} pairs of one device")
    if left_out:
        raise click.exceptions.Exit(1)


def _write(table: TextIO, found: Weights, pairs: int, today: date) -> None:
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (fact, level), bits in (dict(identity_weights()) | found).items():
        estimated = (fact, level) in found
        mark = "computed" if estimated else "proposed"
        why = f"[computed] hub weights, from {pairs} pairs" if estimated else "[proposed] as it was in use"
        writer.writerow((fact, level, f"{bits:g}", today.isoformat(), mark, why))
