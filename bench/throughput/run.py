"""`hub bench throughput`: messages a second from journal and door to the outbound topic, beside the bare loop."""

import tempfile
from pathlib import Path
from typing import Any

import click

from bench import options
from bench.mix import mix
from bench.profiling import table
from bench.rig import Rig, rig
from bench.throughput.doors import DoorBench
from bench.throughput.journal import JournalBench, Plan

PROFILED = ("worker", "relay")


@click.command()
@click.option("--messages", type=click.IntRange(200), default=10_000, show_default=True, help="in each round")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--workers", default="2", show_default=True, callback=options.numbers, help="such as 1,2; last counts")
@click.option("--keys", type=click.IntRange(1), default=1_000_000, show_default=True, help="that the bare loop knows")
@click.option("--doors/--no-doors", default=True, show_default=True, help="measure from the doors, too")
@click.option("--profile", is_flag=True, help="run the hub's processes under a sampling profiler and show stages")
@options.common
def throughput(
    messages: int,
    rounds: int,
    workers: tuple[int, ...],
    keys: int,
    doors: bool,
    profile: bool,
    seed: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Messages a second, registered with all rules and published, beside the least code that does the same work."""
    plan = Plan(messages, rounds, workers, keys)
    told = mix(seed)
    with rig(options.say) as stack, tempfile.TemporaryDirectory(prefix="fmar-profile-") as folder:
        facts = stack.facts()
        stack.lay_out(seed, plan.all_messages + (2 * rounds + 1) * messages)
        series = JournalBench(stack, plan, told, Path(folder) if profile else None).run()
        by_door = DoorBench(stack, told, messages, rounds, workers[-1]).run() if doors else []
        profiles = _profiles(Path(folder), plan.all_messages, stack) if profile else []
    last = series[-1].as_json()
    found: dict[str, Any] = {
        "bench": "throughput",
        "journal_per_second": last["journal_per_second"]["median"],
        "floor_per_second": last["floor_per_second"]["median"],
        "ratio": last["ratio"],
        "messages": plan.all_messages,
        "workers": [one.as_json() for one in series],
        "doors": [way.as_json() for way in by_door],
        "profiles": profiles,
        "machine": facts,
    }
    if by_door:
        found = {"door_per_second": found["doors"][0]["per_second"]["median"], **found}
    shown = ("journal_per_second", "floor_per_second", "ratio")
    options.give(found, output, as_json, (*shown, "door_per_second") if by_door else shown)


def _profiles(folder: Path, messages: int, stack: Rig) -> list[dict[str, Any]]:
    found = [table.summed(folder, role, messages) for role in PROFILED]
    for profile in found:
        for line in table.shown(profile):
            stack.say(line)
    return found
