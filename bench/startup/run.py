"""`hub bench startup`: seconds until `hub up` is ready, beside its servers alone."""

from pathlib import Path

import click

from bench import machine, options
from bench.startup.measure import measure


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@options.common
def startup(rounds: int, seed: int, output: Path | None, as_json: bool) -> None:
    """Seconds until `hub up` is ready, in an empty folder and again, beside Kafka and PostgreSQL alone."""
    facts = machine.facts()
    first, second = (starts.as_json() for starts in measure(rounds, options.say))
    found = {
        "bench": "startup",
        "first_seconds": first["seconds"]["median"],
        "seconds": second["seconds"]["median"],
        "floor_seconds": second["floor_seconds"]["median"],
        "memory_mb": round(sum(second["memory_mb"].values()), 1),
        "first": first,
        "again": second,
        "machine": facts,
    }
    options.give(found, output, as_json, ("first_seconds", "seconds", "floor_seconds", "memory_mb"))
