"""`hub bench intake`: signed messages a second that the door takes, beside a bare endpoint."""

from pathlib import Path
from typing import Any

import click

from bench import options
from bench.intake.measure import IntakeBench, Plan
from bench.rig import rig

HEADLINE = 64
"""Connections of the figures on the top level."""


@click.command()
@click.option("--connections", default="1,16,64,256", show_default=True, callback=options.numbers)
@click.option("--requests", type=click.IntRange(1), default=6000, show_default=True, help="in each round")
@click.option("--bulks", type=click.IntRange(0), default=30, show_default=True, help="requests of 500 in each round")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@options.common
def intake(
    connections: tuple[int, ...], requests: int, bulks: int, rounds: int, seed: int, output: Path | None, as_json: bool
) -> None:
    """Signed messages a second through the HTTP door alone, beside a bare endpoint that verifies and journals."""
    with rig(options.say) as stack:
        facts = stack.facts()
        series = IntakeBench(stack, Plan(seed, connections, requests, bulks, rounds)).run()
    points: list[Any] = [one.as_json() for one in series if one.size == 1]
    head = next((point for point in points if point["connections"] == HEADLINE), points[-1])
    found = {
        "bench": "intake",
        "connections": head["connections"],
        "per_second": head["per_second"]["median"],
        "floor_per_second": head["floor_per_second"]["median"],
        "ratio": head["ratio"],
        "points": points,
        "bulk": [one.as_json() for one in series if one.size > 1],
        "machine": facts,
    }
    options.give(found, output, as_json, ("connections", "per_second", "floor_per_second", "ratio"))
