"""Open loop: requests come at their times whatever the hub does, and each is followed to the operators' topics."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import uvloop

from bench.bare import setting
from bench.bare.loop import BareLoop
from bench.figures import percentile
from bench.latency.arrivals import Arrivals, told_bare, told_operators
from bench.load.connection import Broken, open_loop
from bench.load.ready import ready
from bench.load.requests import signed, single
from bench.mix import Told, mix
from bench.rig import Rig, hub_role
from hub.embedded.ports import free_port
from schemas import topics
from schemas.notifications import AssetCommissioned
from schemas.vocabulary import Door
from simulators.so import all_operators

WARM = 200
"""Requests before the first measured one, at the first rate."""
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Plan:
    """`seconds` at each rate (requests a second), as often as `rounds` says."""

    seed: int
    rates: tuple[int, ...]
    seconds: float
    rounds: int

    @property
    def messages(self) -> int:
        return WARM + round(sum(self.rates) * self.seconds * self.rounds)


@dataclass
class Point:
    """Milliseconds from when a request was due until its event could be read, at one rate."""

    rate: int
    hub: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"rate": self.rate, "messages": len(self.hub), **_percentiles(self.hub, ""), **self._beside()}

    def _beside(self) -> dict[str, float]:
        return {**_percentiles(self.floor, "floor_"), **_percentiles(self.answered, "answer_")}


def _percentiles(values: Sequence[float], prefix: str) -> dict[str, float]:
    ordered = sorted(values)
    shares = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999}
    return {f"{prefix}{name}_ms": round(percentile(ordered, share), 2) for name, share in shares.items()}


class LatencyBench:
    """The hub and the bare pieces are up together, and take their turns."""

    def __init__(self, rig: Rig, plan: Plan) -> None:
        self._rig = rig
        self._plan = plan
        self._told = _installations(plan.seed)
        self._bare = BareLoop(rig)
        self._ports = (rig.settings.port, free_port())

    def run(self, keys: int) -> list[Point]:
        rig, plan = self._rig, self._plan
        asyncio.run(self._bare.make(keys))
        starts = dict.fromkeys(range(topics.JOURNAL_PARTITIONS), 0)
        with ExitStack() as stack:
            processes = stack.enter_context(self._bare.running(1, starts, setting.JOURNAL))
            processes |= stack.enter_context(self._bare.endpoint(self._ports[1]))
            for role in ("relay", "worker", "door"):
                processes |= stack.enter_context(rig.running(role, [hub_role(role)]))
            for port in self._ports:
                uvloop.run(ready(port, processes))
            uvloop.run(self._both(Point(plan.rates[0]), WARM))
            points = [Point(rate) for rate in plan.rates]
            for _ in range(plan.rounds):
                for point in points:
                    uvloop.run(self._both(point, round(point.rate * plan.seconds)))
                    shown = point.as_json()
                    rig.say(
                        f"{point.rate}/s: the hub p50 {shown['p50_ms']} ms, p99 {shown['p99_ms']} ms;"
                        f" the bare pieces p50 {shown['floor_p50_ms']} ms, p99 {shown['floor_p99_ms']} ms"
                    )
            processes.check()
        return points

    async def _both(self, point: Point, count: int) -> None:
        told = list(islice(self._told, count))
        bodies = {one.body: one.message_id for one in told}
        operators = [topics.CHANGES, *(topics.system_operator_topic(name) for name in all_operators())]
        bare = await self._one(point, told, self._ports[1], [setting.TOPIC], lambda a: told_bare(a, bodies))
        point.floor += bare[0]
        found, answered = await self._one(point, told, self._ports[0], operators, told_operators)
        point.hub += found
        point.answered += answered

    async def _one(
        self,
        point: Point,
        told: Sequence[Told],
        port: int,
        names: Sequence[str],
        sort: Callable[[Arrivals], Mapping[str, float]],
    ) -> tuple[list[float], list[float]]:
        """Milliseconds until each was readable, and until each was answered."""
        arrivals, listening, due = Arrivals(), asyncio.Event(), dict[str, float]()
        messages = signed(told, self._rig.signers)

        def sent(number: int, at: float) -> None:
            due[messages[number].id] = at

        listener = asyncio.ensure_future(arrivals.listen(self._rig.settings.kafka or "", names, listening))
        try:
            await listening.wait()
            content = [single(message) for message in messages]
            answered = await open_loop(port, content, point.rate, sent)
            found = await _all(arrivals, sort, set(due))
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
        took = [(at - due[message_id]) * 1000 for message_id, at in found.items() if message_id in due]
        return took, [seconds * 1000 for seconds in answered.took]


async def _all(
    arrivals: Arrivals, sort: Callable[[Arrivals], Mapping[str, float]], wanted: set[str]
) -> Mapping[str, float]:
    """Every wanted message's arrival. Raises `Broken` when one does not come."""
    until, before = time.monotonic() + PATIENCE_SECONDS, -1
    while True:
        if len(arrivals.found) != before:
            before = len(arrivals.found)
            await asyncio.sleep(0.3)  # for what else is on its way: an operator more
            found = sort(arrivals)
            if wanted <= set(found) and len(arrivals.found) == before:
                return found
        if time.monotonic() > until:
            missing = len(wanted - set(sort(arrivals)))
            raise Broken(f"of {len(wanted)} messages {missing} did not reach an operator's topic")
        await asyncio.sleep(0.1)


def _installations(seed: int) -> Iterator[Told]:
    """New devices as their installers tell of them: each concerns an operator."""
    for one in mix(seed):
        if one.door is Door.WEBHOOK and isinstance(one.notification, AssetCommissioned):
            yield one
