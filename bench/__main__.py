"""`python -m bench NAME`: the benches that need more than a running hub."""

import click

from bench.identity.run import identity
from bench.intake.run import intake
from bench.latency.run import latency
from bench.scale.run import scale
from bench.snapshot.run import snapshot
from bench.throughput.run import throughput


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def bench() -> None:
    """Figures with a yardstick beside them in the same run."""


bench.add_command(identity)
bench.add_command(intake)
bench.add_command(latency)
bench.add_command(scale)
bench.add_command(snapshot)
bench.add_command(throughput)

if __name__ == "__main__":
    bench()
