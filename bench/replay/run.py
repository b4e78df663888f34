"""`hub bench replay`: how fast an empty register is made of a whole journal again, beside the bare loop."""

import asyncio
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import click

from bench import options, progress
from bench.bare import store
from bench.bare.loop import BareLoop
from bench.filling import fill
from bench.mix import mix
from bench.rig import Rig, hub_role, rig
from hub import clock, kafka
from hub.errors import HubError
from schemas import topics
from streams.rebuild import Rebuilt, Watcher, database_beside, rebuild


class NotEqualError(HubError):
    """What was replayed is not the register: its speed would be that of something else."""


@click.command()
@click.option("--messages", type=click.IntRange(200), default=20_000, show_default=True, help="in the journal")
@click.option("--keys", type=click.IntRange(1), default=1_000_000, show_default=True, help="that the bare loop knows")
@options.common
def replay(messages: int, keys: int, seed: int, output: Path | None, as_json: bool) -> None:
    """Messages a second of a replay by one process, the comparison with the register aside."""
    with rig(options.say) as stack:
        facts = stack.facts()
        stack.lay_out(seed, messages)
        bare = BareLoop(stack)
        asyncio.run(bare.make(keys))
        ends = asyncio.run(kafka.topic_ends(stack.settings.kafka or "", topics.INTAKE))
        asyncio.run(fill(stack, list(islice(mix(seed), messages))))
        with bare.running(1, {at.partition: end for at, end in ends.items()}) as processes:
            floor = asyncio.run(progress.follow(bare.database, 0, messages, processes, stack.servers, store.WAITS))
        with ExitStack() as running:
            processes = running.enter_context(stack.running("relay", [hub_role("relay")]))
            processes |= running.enter_context(stack.running("worker", [hub_role("worker")]))
            asyncio.run(progress.follow(stack.settings.database or "", 0, messages, processes, stack.servers))
        replayed, compared = asyncio.run(_replayed(stack))
    result = {
        "bench": "replay",
        "messages": messages,
        "replay_per_second": round(messages / replayed, 1),
        "floor_per_second": round(floor.per_second, 1),
        "ratio": round(messages / replayed / floor.per_second, 3),
        "compare_seconds": round(compared, 2),
        "machine": facts,
    }
    options.give(result, output, as_json, ("replay_per_second", "floor_per_second", "ratio", "compare_seconds"))


async def _replayed(stack: Rig) -> tuple[float, float]:
    """Seconds that the replay took, and the comparison after it. Raises `NotEqualError`."""
    settings, began, ended = stack.settings, time.monotonic(), [0.0]

    def noted(done: int, total: int) -> None:
        if done >= total:
            ended[0] = time.monotonic()

    async with database_beside(settings.database or "", clock.now(), keep=False) as beside:
        found: Rebuilt = await rebuild(
            settings.database or "",
            beside,
            settings.kafka or "",
            settings.secret or "",
            settings.stacking_policy,
            Watcher(noted, lambda _: None),
        )
    if not found.equal:
        raise NotEqualError("the register that was rebuilt is not equal to the one that is there")
    return ended[0] - began, time.monotonic() - ended[0]
