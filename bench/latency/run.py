"""`hub bench latency`: from the webhook's request to the event on the System Operator's topic, beside bare pieces."""

from pathlib import Path

import click

from bench import options
from bench.latency.measure import LatencyBench, Plan
from bench.rig import rig

HOMES_A_MESSAGE = 3
"""The mix says other things, too, between the installations that are sent here."""


@click.command()
@click.option("--rates", default="50,200,500", show_default=True, callback=options.numbers, help="requests a second")
@click.option("--seconds", type=click.FloatRange(0.5), default=10.0, show_default=True, help="at each rate, each round")
@click.option("--rounds", type=click.IntRange(1), default=2, show_default=True)
@click.option("--keys", type=click.IntRange(1), default=1_000_000, show_default=True, help="that the bare loop knows")
@options.common
def latency(
    rates: tuple[int, ...], seconds: float, rounds: int, keys: int, seed: int, output: Path | None, as_json: bool
) -> None:
    """Milliseconds from a webhook request, sent at its time whatever the hub does, to its event at the operators."""
    plan = Plan(seed, rates, seconds, rounds)
    with rig(options.say) as stack:
        facts = stack.facts()
        stack.lay_out(seed, plan.messages * HOMES_A_MESSAGE)
        points = [point.as_json() for point in LatencyBench(stack, plan).run(keys)]
    found = {"bench": "latency", **points[-1], "rates": points, "machine": facts}
    options.give(found, output, as_json, ("rate", "p50_ms", "p99_ms", "p99_9_ms", "floor_p50_ms", "floor_p99_ms"))
