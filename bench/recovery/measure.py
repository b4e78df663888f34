"""How long a steady traffic waits when the leading relay, or one of two workers, is killed in the middle of it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import uvloop

from bench.figures import spread
from bench.load.ready import ready
from bench.mix import Told
from bench.processes import Processes
from bench.progress import Watch
from bench.rig import Rig, hub_role
from bench.sustained.live import Live, during

STEADY_SECONDS, AFTER_SECONDS = 6.0, 20.0
"""Of traffic before the kill, and after it: longer than what is measured."""
JUST_BEFORE_SECONDS = 1.0
"""What was sent so shortly before the kill may still be on its way, and counts."""


@dataclass(frozen=True)
class Killed:
    """One kill: seconds until the first event that came after it, and the longest that any message around it waited."""

    silence: float
    longest: float


def _of(kills: list[Killed]) -> dict[str, Any]:
    return {
        "silence_seconds": spread([k.silence for k in kills]).as_json(2),
        "longest_seconds": spread([k.longest for k in kills]).as_json(2),
    }


class RecoveryBench:
    """Each round has its own pair of relays and of workers, the first of which is killed."""

    def __init__(self, rig: Rig, told: Iterator[Told], rate: float) -> None:
        self._rig = rig
        self._told = told
        self._rate = rate

    def run(self, rounds: int) -> dict[str, Any]:
        """For each role that is killed what came of it."""
        kills: dict[str, list[Killed]] = {"relay": [], "worker": []}
        for number in range(rounds):
            for role, of_it in kills.items():
                of_it.append(self._round(role))
                found = of_it[-1]
                self._rig.say(
                    f"round {number + 1} of {rounds}: {role} killed, the next event came after"
                    f" {found.silence:.1f} s, and the last that was held up after {found.longest:.1f} s"
                )
        return {role: _of(of_it) for role, of_it in kills.items()}

    def _round(self, role: str) -> Killed:
        rig = self._rig
        with ExitStack() as stack:
            # Whoever is first to be up leads, and has all partitions until the second one comes.
            processes = stack.enter_context(rig.running("door", [hub_role("door")]))
            for name in ("relay", "worker"):
                processes |= stack.enter_context(rig.running(f"first {name}", [hub_role(name)]))
            uvloop.run(ready(rig.settings.port, processes))
            uvloop.run(self._traffic(processes, STEADY_SECONDS))
            for name in ("relay", "worker"):
                processes |= stack.enter_context(rig.running(f"second {name}", [hub_role(name)]))
            uvloop.run(self._traffic(processes, STEADY_SECONDS))
            return uvloop.run(self._kill(processes, f"first {role}"))

    async def _traffic(self, processes: Processes, seconds: float) -> None:
        """Until all that was sent has come; who is new has found its place meanwhile."""
        live = Live(self._rig, self._told, self._rate)
        async with live.listening():
            await during(seconds, live.send())
            await live.settle()
        await Watch(self._rig.settings.database or "", processes).until(0, published=True)

    async def _kill(self, processes: Processes, group: str) -> Killed:
        clock, live = asyncio.get_running_loop().time, Live(self._rig, self._told, self._rate)

        async def kill() -> float:
            await asyncio.sleep(STEADY_SECONDS)
            processes.kill(group)
            return clock()

        async with live.listening():
            killing = asyncio.ensure_future(kill())
            await during(STEADY_SECONDS + AFTER_SECONDS, live.send())
            await live.settle()
        at = await killing
        around = [name for name, due in live.due.items() if due > at - JUST_BEFORE_SECONDS]
        silence = min(came for came in live.came.values() if came > at) - at
        return Killed(silence, max(live.came[name] - live.due[name] for name in around))
