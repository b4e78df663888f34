"""A sampling profiler of the main thread: where processor time goes, by stage, kind and function.

The kernel's profiling timer ticks with the CPU time that the process takes, so that waiting is not counted, and what is
not sampled runs at its full speed.
"""

import signal
from collections import Counter
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from bench.profiling import stages

EVERY_SECONDS = 0.004


@dataclass
class Sampler:
    """Counts of samples; each stands for `EVERY_SECONDS` of CPU time."""

    by_stage: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_function: Counter[tuple[str, str]] = field(default_factory=Counter)

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.siginterrupt(signal.SIGPROF, False)
        signal.setitimer(signal.ITIMER_PROF, EVERY_SECONDS, EVERY_SECONDS)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        stack = list(stages.frames(frame))
        modules = [str(f.f_globals.get("__name__", "")) for f in stack]
        stage = stages.stage(modules)
        self.by_stage[stage, stages.kind(modules)] += 1
        for module, f in zip(modules, stack, strict=True):
            if module.partition(".")[0] in stages.OURS:
                self.by_function[stage, f"{module}.{f.f_code.co_qualname}:{f.f_code.co_firstlineno}"] += 1
                break

    def as_json(self) -> dict[str, Any]:
        """CPU seconds."""
        return {
            "stages": [
                {"stage": stage, "kind": kind, "cpu_seconds": round(count * EVERY_SECONDS, 3)}
                for (stage, kind), count in self.by_stage.most_common()
            ],
            "functions": [
                {"stage": stage, "function": function, "cpu_seconds": round(count * EVERY_SECONDS, 3)}
                for (stage, function), count in self.by_function.most_common(150)
            ],
        }
