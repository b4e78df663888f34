"""`hub bench recovery`: how long anybody waits when a relay or a worker is killed under load."""

from pathlib import Path

import click

from bench import options
from bench.latency.run import HOMES_A_MESSAGE
from bench.recovery.measure import RecoveryBench
from bench.rig import rig
from bench.sustained.live import installations_live

MOST_SECONDS_A_ROUND = 100
"""Of traffic, for which the town is laid out."""


@click.command()
@click.option("--rate", type=click.FloatRange(1), default=25.0, show_default=True, help="requests a second")
@click.option("--rounds", type=click.IntRange(1), default=2, show_default=True)
@options.common
def recovery(rate: float, rounds: int, seed: int, output: Path | None, as_json: bool) -> None:
    """Seconds that single messages wait when the leading relay, then one of two workers, is killed (kill -9)."""
    with rig(options.say) as stack:
        facts = stack.facts()
        stack.lay_out(seed, round(rate * MOST_SECONDS_A_ROUND * rounds) * HOMES_A_MESSAGE)
        killed = RecoveryBench(stack, installations_live(seed), rate).run(rounds)
    found = {
        "bench": "recovery",
        "rate": rate,
        "relay_seconds": killed["relay"]["longest_seconds"]["median"],
        "worker_seconds": killed["worker"]["longest_seconds"]["median"],
        "killed": killed,
        "machine": facts,
    }
    options.give(found, output, as_json, ("relay_seconds", "worker_seconds"))
