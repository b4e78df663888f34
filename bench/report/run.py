"""`python -m bench report FOLDER`: the page on performance, from the results of a run."""

from pathlib import Path

import click
import orjson

from bench import options
from bench.report import page


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--page", "target", type=click.Path(path_type=Path), default=Path("docs/performance.md"), show_default=True
)
def report(folder: Path, target: Path) -> None:
    """Write the page on performance from the results in FOLDER (`python -m bench --into FOLDER`)."""
    results = [orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]
    known = [found for found in results if isinstance(found, dict) and found.get("bench") in page.SECTIONS]
    if not known:
        raise click.UsageError(f"{folder} holds no result; run `python -m bench --into {folder}` first")
    page.write(known, target)
    options.say(f"Written: {target}")
