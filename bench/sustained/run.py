"""`hub bench sustained`: a bulk load for minutes, single messages among it, memory all the while."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import uvloop

from bench import options
from bench.cpu import per_message
from bench.figures import percentile
from bench.load.ready import ready
from bench.mix import mix
from bench.processes import Processes
from bench.progress import Watch
from bench.rig import Rig, hub_role, rig
from bench.sustained.feeder import Feeder
from bench.sustained.live import Live, during, installations_live
from bench.sustained.memory import Memory
from hub import kafka
from schemas import topics

MOST_A_SECOND = 1500
"""For which the town is laid out; a faster hub would speak of premises that the registration data lacks."""
INSTALLATIONS = 3
"""Of so many messages of the mix one is a new device that its installer tells of."""
WARM_SECONDS = 10.0
"""Before the clock of the rate starts: processes are up, connections made, plans cached."""


@click.command()
@click.option("--minutes", type=click.FloatRange(0.1), default=10.0, show_default=True)
@click.option("--live", type=click.FloatRange(0.5), default=20.0, show_default=True, help="single messages a second")
@click.option("--backlog", type=click.IntRange(500), default=20_000, show_default=True, help="accepted and waiting")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True)
@options.common
def sustained(
    minutes: float,
    live: float,
    backlog: int,
    workers: int,
    seed: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Messages a second through the batch door to the topic, for minutes, and what single messages wait meanwhile."""
    seconds = minutes * 60
    with rig(options.say) as stack, ExitStack() as running:
        facts = stack.facts()
        options.say("Laying out the town.")
        stack.lay_out(seed, round(MOST_A_SECOND * seconds))
        stack.lay_out(seed + 1, round(live * seconds * INSTALLATIONS) + 1000)
        processes = Processes({})
        for role, how_many in (("relay", 1), ("worker", workers), ("door", 1)):
            processes |= running.enter_context(stack.running(role, [hub_role(role)] * how_many))
        uvloop.run(ready(stack.settings.port, processes))
        found = uvloop.run(_measure(stack, processes, seconds, live, backlog, seed))
    result = {"bench": "sustained", "minutes": minutes, "workers": workers, **found, "machine": facts}
    options.give(result, output, as_json, ("per_second", "live_p50_ms", "live_p99_ms"))


async def _measure(
    stack: Rig, processes: Processes, seconds: float, rate: float, backlog: int, seed: int
) -> dict[str, Any]:
    feeder = Feeder(stack, mix(seed), backlog)
    live, memory = Live(stack, installations_live(seed + 1), rate), Memory(processes)
    clock = processes.cpu | stack.servers
    before = clock.read()
    async with live.listening():
        await during(seconds + WARM_SECONDS, feeder.feed(0), live.send(), memory.watch())
        took = sorted(await live.settle())
        ends = await kafka.topic_ends(stack.settings.kafka or "", *topics.JOURNAL)
        await Watch(stack.settings.database or "", processes).until(sum(ends.values()), published=True)
    began = feeder.done[0][0] + WARM_SECONDS
    counted = [(at, done) for at, done in feeder.done if at >= began]
    (first_at, first), (last_at, last) = counted[0], counted[-1]
    return {
        "per_second": round((last - first) / (last_at - first_at), 1),
        "messages": last - first,
        "most_waiting": feeder.most_waiting,
        "cpu_us": per_message(before, clock.read(), sum(ends.values())),
        "live_messages": len(took),
        **{f"live_{n}_ms": round(percentile(took, s), 1) for n, s in (("p50", 0.5), ("p99", 0.99), ("p99_9", 0.999))},
        "memory": memory.as_json(),
    }
