"""`python -m bench snapshot FILE`: a capacity register and a later snapshot of it without meter points, matched."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import orjson

from bench.identity import answer, measure
from bench.snapshot import later
from hub.cli.importing import ecr
from hub.cli.importing.results import Part
from hub.cli.importing.table import Row
from simulators.corpus import record
from simulators.corpus.record import FlatNotification, Truth

GOAL = 0.995
EARLIER, LATER = "dno-2022", "dno-2024"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="a folder for the lines, truth and result"
)
def snapshot(file: Path, seed: int, keep: Path | None) -> None:
    """Precision and recall of pairs across two snapshots of a capacity register FILE; ends with 1 below 0.995."""
    lists = later.snapshots(ecr.read(file), seed)
    told = [*_flat(lists.earlier, EARLIER), *_flat(lists.later, LATER)]
    truth = [about for _, about in told]
    with TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        record.write_lines(folder / "snapshots.jsonl", [notification for notification, _ in told])
        record.write_lines(folder / "truth.jsonl", truth)
        found = measure.count(truth, _matched(folder))
    figures = {"seed": seed, "rows": len(told), "true": found.true, "found": found.found, "false": found.false}
    shares = {"precision": round(found.precision, 4), "recall": round(found.recall, 4)}
    click.echo(orjson.dumps(figures | shares).decode())
    if min(shares.values()) < GOAL:
        raise click.exceptions.Exit(1)


def _matched(folder: Path) -> answer.Answer:
    result = folder / "result.jsonl"
    command = [sys.executable, "-m", "hub.cli.main", "match", str(folder / "snapshots.jsonl"), "--out", str(result)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"hub match ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return answer.read(result)


def _flat(rows: Sequence[Row], sender: str) -> Iterator[tuple[FlatNotification, Truth]]:
    """The lines of one list, and of which row of the register each one is."""
    parts = [result for result in ecr.map_rows(rows) if isinstance(result, Part)]
    technologies: Counter[int] = Counter()
    for line, part in enumerate(parts, 1):
        technologies[part.row] += 1
        asset = f"row {part.row}, technology {technologies[part.row]}"
        told = part.notification
        name = f"{sender}-{line}"
        where = told.location
        yield (
            FlatNotification(
                notification_id=name,
                source_kind="dno",
                sender=sender,
                sender_asset_ref=told.sender_asset_ref,
                occurred_at=told.occurred_at.isoformat(),
                category=told.asset_category,
                capacity_kw=None if told.rated_capacity_kw is None else float(told.rated_capacity_kw),
                storage_kwh=None if told.storage_energy_kwh is None else float(told.storage_energy_kwh),
                import_mpan=where.import_mpan if where else None,
                export_mpan=where.export_mpan if where else None,
                address_line=where.address_line if where else None,
                postcode=where.postcode if where else None,
                commissioning_date=told.commissioning_date.isoformat() if told.commissioning_date else None,
            ),
            Truth(name, sender, asset, told.asset_category, f"row {part.row}", None, ()),
        )
