"""Intake alone: signed requests over some connections, at the hub's door and at the bare endpoint in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import uvloop

from bench.bare.loop import BareLoop
from bench.cpu import per_message
from bench.figures import percentile, spread
from bench.load.connection import closed_loop
from bench.load.ready import ready
from bench.load.requests import BULK, bulks, signed, single
from bench.mix import Told, mix
from bench.processes import Processes
from bench.rig import Rig, hub_role
from hub.embedded.ports import free_port

WARM = 300
"""Requests before the first measured one."""
BULK_CONNECTIONS = 4


@dataclass(frozen=True)
class Plan:
    """`requests` for each round; with one connection a quarter of them. `bulks` requests of 500 messages each."""

    seed: int
    connections: tuple[int, ...]
    requests: int
    bulks: int
    rounds: int

    def requests_over(self, connections: int) -> int:
        return max(50, self.requests // 4 if connections == 1 else self.requests)


@dataclass
class Series:
    """Messages a second with so many connections, and the seconds that requests took in the last round."""

    connections: int
    size: int
    hub: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    hub_took: list[float] = field(default_factory=list)
    floor_took: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    floor_cpu: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        hub, floor = spread(self.hub), spread(self.floor)
        return {
            "connections": self.connections,
            "messages_a_request": self.size,
            "per_second": hub.as_json(),
            "floor_per_second": floor.as_json(),
            "ratio": round(hub.median / floor.median, 3),
            "p99_ms": round(percentile(sorted(self.hub_took), 0.99) * 1000, 2),
            "floor_p99_ms": round(percentile(sorted(self.floor_took), 0.99) * 1000, 2),
            "cpu_us": self.cpu,
            "floor_cpu_us": self.floor_cpu,
        }


class IntakeBench:
    """Both doors are up all the time and answer in turn; the same bytes go to both."""

    def __init__(self, rig: Rig, plan: Plan) -> None:
        self._rig = rig
        self._plan = plan
        self._told: Iterator[Told] = mix(plan.seed)
        self._bare = BareLoop(rig)

    def run(self) -> list[Series]:
        uvloop.run(self._bare.make_topics())
        port, bare_port = self._rig.settings.port, free_port()
        with self._rig.running("door", [hub_role("door")]) as door, self._bare.endpoint(bare_port) as bare:
            uvloop.run(ready(port, door))
            uvloop.run(ready(bare_port, bare))
            self._send(port, bare_port, self._requests(WARM), 16)
            singles = [Series(n, 1) for n in self._plan.connections]
            found = [*singles, *([Series(BULK_CONNECTIONS, BULK)] if self._plan.bulks else [])]
            for number in range(self._plan.rounds):
                for series in found:
                    self._round(series, number, (port, door), (bare_port, bare))
            return found

    def _round(self, series: Series, number: int, hub: tuple[int, Processes], bare: tuple[int, Processes]) -> None:
        plan, name = self._plan, f"round {number + 1} of {self._plan.rounds}"
        if series.size == 1:
            requests = self._requests(plan.requests_over(series.connections))
        else:
            requests = self._bulks(plan.bulks)
        messages = len(requests) * series.size
        # Who is first changes with the round, since the first may find the machine in another state.
        for port, processes in (hub, bare) if number % 2 else (bare, hub):
            clock = processes.cpu | self._rig.servers
            before = clock.read()
            answered = uvloop.run(closed_loop(port, requests, series.connections))
            cpu, rate = per_message(before, clock.read(), messages), messages / answered.seconds
            if port == hub[0]:
                series.hub.append(rate)
                series.cpu, series.hub_took = cpu, answered.took
            else:
                series.floor.append(rate)
                series.floor_cpu, series.floor_took = cpu, answered.took
        self._rig.say(
            f"{name}: {series.connections} connections, {series.size} messages a request:"
            f" the bare endpoint {series.floor[-1]:,.0f}/s, the hub's door {series.hub[-1]:,.0f}/s"
        )

    def _send(self, port: int, bare_port: int, requests: Sequence[bytes], connections: int) -> None:
        for at in (port, bare_port):
            uvloop.run(closed_loop(at, requests, connections))

    def _requests(self, count: int) -> list[bytes]:
        return [single(message) for message in signed(islice(self._told, count), self._rig.signers)]

    def _bulks(self, count: int) -> list[bytes]:
        return bulks(signed(islice(self._told, count * BULK), self._rig.signers))
