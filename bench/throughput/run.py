"""`hub bench throughput`: messages a second from journal and door to the outbound topic, beside the bare loop."""

from pathlib import Path

import click

from bench.figures import spread
from bench.profiling import table
from bench.rig import rig
from bench.throughput.journal import JournalBench, Plan
from hub.cli import output
from hub.cli.progress import to_stderr


@click.command()
@click.option("--messages", type=click.IntRange(200), default=20_000, show_default=True, help="in each round")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--workers", default="2", show_default=True, help="numbers of workers, such as 1,2")
@click.option("--keys", default=1_000_000, show_default=True, help="keys that the bare loop looks up in")
@click.option("--seed", default=1, show_default=True)
@click.option("--profile", type=click.Path(path_type=Path), help="folder for a profile of the hub's processes")
@click.option("--json", "as_json", is_flag=True, help="one JSON object as the last line")
def throughput(
    messages: int, rounds: int, workers: str, keys: int, seed: int, profile: Path | None, as_json: bool
) -> None:
    """Messages a second from a full journal to the outbound topic."""
    plan = Plan(seed, messages, rounds, tuple(int(count) for count in workers.split(",")), keys)
    with rig(to_stderr) as stack:
        facts = stack.facts()
        series = JournalBench(stack, plan, profile).run()
    profiles = []
    for role in ("worker", "relay") if profile is not None else ():
        found = table.summed(profile, role, plan.all_messages)
        profiles.append(found)
        for line in table.shown(found):
            to_stderr(line)
    rows = [
        {
            "workers": one.workers,
            "journal": spread([run.per_second for run in one.hub]).as_json(),
            "floor": spread([run.per_second for run in one.floor]).as_json(),
            "cpu_us": one.hub[-1].cpu,
            "floor_cpu_us": one.floor[-1].cpu,
        }
        for one in series
    ]
    last = rows[-1]
    journal, floor = last["journal"]["median"], last["floor"]["median"]
    output.object_line(
        {
            "journal_per_second": journal,
            "floor_per_second": floor,
            "ratio": round(journal / floor, 3),
            "series": rows,
            "profiles": profiles,
            "machine": facts,
        }
    )
