"""From a full journal to the outbound topic, by the hub and by the bare loop, round by round in turn."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg

from bench import progress
from bench.bare import store
from bench.bare.loop import BareLoop
from bench.figures import spread
from bench.filling import fill
from bench.mix import Told
from bench.processes import Processes
from bench.progress import Run
from bench.rig import Rig, hub_role
from hub import kafka
from hub.errors import HubError
from schemas import topics


class Lost(HubError):
    """A loop did not do the whole work: its figure would be of something else."""


@dataclass(frozen=True)
class Plan:
    """`rounds` of so many messages each; a worker count for each series."""

    messages: int
    rounds: int
    workers: tuple[int, ...]
    keys: int

    @property
    def all_messages(self) -> int:
        return self.messages * self.rounds * len(self.workers)


@dataclass
class Series:
    """The runs of both with one number of workers."""

    workers: int
    hub: list[Run] = field(default_factory=list)
    floor: list[Run] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        hub, floor = (spread([run.per_second for run in runs]) for runs in (self.hub, self.floor))
        return {
            "workers": self.workers,
            "journal_per_second": hub.as_json(),
            "floor_per_second": floor.as_json(),
            "ratio": round(hub.median / floor.median, 3),
            "cpu_us": self.hub[-1].cpu,
            "floor_cpu_us": self.floor[-1].cpu,
            "memory_mb": [run.memory_mb for run in self.hub],
        }


class JournalBench:
    """Fills the journal, lets the bare loop read it, then the hub; the next round does the same with new messages."""

    def __init__(self, rig: Rig, plan: Plan, told: Iterator[Told], profile: Path | None = None) -> None:
        self._rig = rig
        self._plan = plan
        self._profile = profile
        self._told = told
        self._bare = BareLoop(rig)
        self._sent = 0
        self._ids: set[str] = set()

    def run(self) -> list[Series]:
        plan, say = self._plan, self._rig.say
        say(f"Making the bare loop's database with {plan.keys:,} keys.")
        asyncio.run(self._bare.make(plan.keys))
        found = [Series(workers) for workers in plan.workers]
        for number in range(plan.rounds):
            for series in found:
                self._round(series, f"round {number + 1} of {plan.rounds}, {series.workers} workers")
        asyncio.run(self._check())
        return found

    def _round(self, series: Series, name: str) -> None:
        rig, say = self._rig, self._rig.say
        ends = asyncio.run(kafka.topic_ends(rig.settings.kafka or "", topics.INTAKE))
        starts = {at.partition: end for at, end in ends.items()}
        told = list(islice(self._told, self._plan.messages))
        asyncio.run(fill(rig, told))
        # A repeat may come a round after the first.
        self._ids |= {one.message_id for one in told}
        first, last = self._sent, self._sent + len(told)
        self._sent = last
        with self._bare.running(series.workers, starts) as processes:
            found = self._follow(self._bare.database, first, last, processes, store.WAITS)
        series.floor.append(found)
        say(f"{name}: the bare loop {found.per_second:,.0f}/s, {_shown(found)}")
        with ExitStack() as stack:
            processes = stack.enter_context(rig.running("relay", [hub_role("relay", self._profile)]))
            processes |= stack.enter_context(
                rig.running("worker", [hub_role("worker", self._profile)] * series.workers)
            )
            found = self._follow(rig.settings.database or "", first, last, processes, progress.WAITS)
        series.hub.append(found)
        say(f"{name}: the hub {found.per_second:,.0f}/s, {_shown(found)}")

    def _follow(self, database: str, first: int, last: int, processes: Processes, waits: str) -> Run:
        return asyncio.run(progress.follow(database, first, last, processes, self._rig.servers, waits))

    async def _check(self) -> None:
        """Both must have done the whole work: a fast loop that loses messages is none. Raises `Lost`."""
        for name, database in (("bare loop", self._bare.database), ("hub", self._rig.settings.database or "")):
            connection = await asyncpg.connect(database)
            try:
                noted = await connection.fetchval("SELECT count(*) FROM inbox")
            finally:
                await connection.close()
            if noted != len(self._ids):
                raise Lost(f"the {name} noted {noted} messages of {len(self._ids)}")
        published = await self._bare.published()
        if published < len(self._ids):
            raise Lost(f"the bare loop published {published} events of {len(self._ids)}")


def _shown(run: Run) -> str:
    return "microseconds of processor a message: " + ", ".join(f"{name} {us:.0f}" for name, us in run.cpu.items())
