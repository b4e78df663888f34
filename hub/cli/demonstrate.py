"""`hub demo`: everything at once, from nothing to a checked register, and away again."""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from hub import clock, running, settings
from hub.cli import output, target
from hub.cli.progress import to_stderr
from hub.cli.target import json_option
from hub.embedded.stack import Stack
from hub.running import Running
from hub.services import town
from hub.services.verify import Verdict, verify
from registry_store.engine import connect
from simulators import cast, premises, story
from simulators.story import Progress, Stage, Summary

DEFAULT_MESSAGES = 2000


@click.command()
@click.option("--messages", type=click.IntRange(10, 10_000_000), default=DEFAULT_MESSAGES, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="the same seed sends the same messages")
@json_option
def demo(messages: int, seed: int, as_json: bool) -> None:
    """Start everything, run the simulators through the real doors, check, show a summary, stop everything."""
    began = time.monotonic()
    settings.load()
    folder = Path(tempfile.mkdtemp(prefix="fmar-hub-demo-"))
    homes = cast.premises_needed(messages)
    stack = Stack(settings.load(data=folder, port=0), to_stderr, premises.consents(seed, homes))
    try:
        here = stack.start()
        to_stderr(f"The hub is up at {here.url} after {time.monotonic() - began:.0f} s.")
        summary, verdict = asyncio.run(_perform(here, folder, messages, seed, homes))
    finally:
        to_stderr("Stopping.")
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    seconds = round(time.monotonic() - began, 1)
    problems = (*summary.problems, *verdict.problems)
    _show(summary, seconds, as_json)
    for problem in problems:
        to_stderr(f"problem: {problem}")
    if summary.lost or summary.problem_count or not verdict.ok:
        raise SystemExit(1)


async def _perform(here: Running, folder: Path, messages: int, seed: int, homes: int) -> tuple[Summary, Verdict]:
    engine = connect(here.database)
    try:
        await town.lay_out(engine, premises.meter_points(seed, homes), (), target.operator(), clock.now())
        stage = Stage(here.url, here.kafka, here.mqtt, folder / running.IDENTITIES, seed, messages)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bar(*columns, console=Console(stderr=True)) as bar:
            sent, final = (
                bar.add_task("sent", total=messages),
                bar.add_task("registered or answered", total=messages),
            )

            def told(now: Progress) -> None:
                bar.update(sent, completed=now.sent, total=max(messages, now.sent))
                bar.update(final, completed=now.final, total=max(1, now.accepted))

            summary = await story.play(stage, told)
        return summary, await verify(engine, here.kafka, target.secret(folder), to_stderr)
    finally:
        await engine.dispose()


def _show(summary: Summary, seconds: float, as_json: bool) -> None:
    counts = {
        "registered": summary.registered,
        "updated": summary.updated,
        "duplicates": summary.duplicates,
        "queried": summary.queried,
        "quarantined": summary.quarantined,
        "so_notices": summary.so_notices,
        "fsp_alerts": summary.fsp_alerts,
        "lost": summary.lost,
    }
    if as_json:
        accepted = sum(summary.accepted.values())
        by_door = {"accepted_by_door": summary.accepted, "refused": summary.refused}
        output.object_line({"accepted": accepted, **counts, **by_door, "seconds": seconds, "sent": summary.sent})
        return
    doors = [(f"accepted by the {door} door", count) for door, count in summary.accepted.items()]
    refused = [(f"refused: {code}", count) for code, count in sorted(summary.refused.items())]
    named = {"so_notices": "notices to System Operators", "fsp_alerts": "alerts to FSPs"}
    rest = [(named.get(name, name), count) for name, count in counts.items()]
    output.table(f"Demo: {summary.sent} messages, {seconds} s", ("what", "count"), [*doors, *refused, *rest])
