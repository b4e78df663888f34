"""From the signed message at a door to the outbound topic, the load generator on the same cores."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import uvloop

from bench.cpu import per_message
from bench.figures import spread
from bench.load import requests
from bench.load.connection import closed_loop
from bench.load.ready import ready
from bench.mix import Told
from bench.processes import Processes
from bench.progress import Watch
from bench.rig import Rig, hub_role
from hub import kafka
from schemas import topics
from schemas.signed_message import SignedMessage

WARM = 0.15
"""Of a round's messages, sent before the first measured one."""


@dataclass
class Way:
    """How messages come to the door, and the messages a second that were registered and published."""

    name: str
    connections: int
    form: Callable[[Sequence[SignedMessage]], list[bytes]]
    rates: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "door": self.name,
            "connections": self.connections,
            "per_second": spread(self.rates).as_json(),
            "answered_per_second": spread(self.taken).as_json(),
            "cpu_us": self.cpu,
        }


def ways() -> list[Way]:
    """The HTTP door's two: message by message, and in bulk."""
    return [
        Way("webhook", 64, lambda messages: [requests.single(message) for message in messages]),
        Way("batch", 2, requests.bulks),
    ]


class DoorBench:
    """Door, workers and relay are up together; each way has its rounds in turn."""

    def __init__(self, rig: Rig, told: Iterator[Told], messages: int, rounds: int, workers: int) -> None:
        self._rig = rig
        self._told = told
        self._messages = messages
        self._rounds = rounds
        self._workers = workers

    def run(self) -> list[Way]:
        rig, found = self._rig, ways()
        with ExitStack() as stack:
            processes = stack.enter_context(rig.running("relay", [hub_role("relay")]))
            processes |= stack.enter_context(rig.running("worker", [hub_role("worker")] * self._workers))
            processes |= stack.enter_context(rig.running("door", [hub_role("door")]))
            uvloop.run(ready(rig.settings.port, processes))
            uvloop.run(self._send(found[0], round(self._messages * WARM), processes))
            for number in range(self._rounds):
                for way in found:
                    self._round(way, f"round {number + 1} of {self._rounds}", processes)
        return found

    def _round(self, way: Way, name: str, processes: Processes) -> None:
        clock = processes.cpu | self._rig.servers
        before = clock.read()
        answered, published = uvloop.run(self._send(way, self._messages, processes))
        way.cpu = per_message(before, clock.read(), self._messages)
        way.taken.append(self._messages / answered)
        way.rates.append(self._messages / published)
        self._rig.say(f"{name}: by {way.name} {way.rates[-1]:,.0f}/s, answered at {way.taken[-1]:,.0f}/s")

    async def _send(self, way: Way, count: int, processes: Processes) -> tuple[float, float]:
        """Seconds until all was answered, and until all was registered and published."""
        content = way.form(requests.signed(islice(self._told, count), self._rig.signers))
        began = time.monotonic()
        answered = await closed_loop(self._rig.settings.port, content, way.connections)
        ends = await kafka.topic_ends(self._rig.settings.kafka or "", *topics.JOURNAL)
        watch = Watch(self._rig.settings.database or "", processes)
        ended, _ = await watch.until(sum(ends.values()), published=True)
        return answered.seconds, ended - began
