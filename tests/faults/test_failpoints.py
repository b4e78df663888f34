"""Processes that die exactly before and after what must happen once: produce, transaction, commit, acknowledgement,
numbering, publication, mark."""

from random import Random

import pytest

from tests.faults.checker import check
from tests.faults.failpoints import POINTS
from tests.faults.flood import Flood, Hook
from tests.faults.pouring import pour_during
from tests.faults.rig import Rig
from tests.faults.trial import Form, Trial

LONG_SHARE, EACH_MESSAGES = 0.04, 1_000


@pytest.mark.fault("failpoints")
async def test_nothing_is_lost_or_repeated_by_deaths_at_every_point(rig: Rig, form: Form, trial: Trial) -> None:
    flood = Flood("points", form.seed, form.size(LONG_SHARE, short=150))
    rounds = max(1, flood.size // EACH_MESSAGES)

    def die(role: str, point: str) -> Hook:
        def deed() -> None:
            rig.die_at(role, point)
            trial.tried(f"{role} dies {point}")

        return deed

    def line(role: str) -> list[Hook]:
        dice = Random(f"{form.seed} {role}")
        return [die(role, point) for _ in range(rounds) for point in dice.sample(POINTS[role], len(POINTS[role]))]

    await pour_during(rig, flood, *(line(role) for role in POINTS))
    trial.found(await check(rig, flood))
    assert all(rig.supervisor.restarts(role) >= len(points) for role, points in POINTS.items())
