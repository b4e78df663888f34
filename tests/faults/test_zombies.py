"""Workers that stand still for longer than their session and then go on as if nothing had been."""

from random import Random

import pytest

from tests.faults.checker import check
from tests.faults.flood import Flood, Hook
from tests.faults.pouring import pour_during
from tests.faults.rig import PATIENCE_SECONDS, Rig
from tests.faults.trial import Form, Trial
from tests.support.wait import until

LONG_SHARE, EACH_MESSAGES = 0.02, 2_000
PLACES = ("before-transaction", "before-commit", "after-commit", "after-ack")


@pytest.mark.fault("zombies")
async def test_a_worker_that_wakes_after_another_has_its_partitions(rig: Rig, form: Form, trial: Trial) -> None:
    """In the middle of its transaction it holds its watermarks, and whoever comes after it waits. Anywhere else it
    holds nothing, another registers its batch, and the watermark refuses it when it wakes."""
    rig.start_besides("worker", "successor")
    flood = Flood("zombies", form.seed, form.size(LONG_SHARE, short=150))
    dice = Random(form.seed)

    def sleep(place: str) -> Hook:
        def deed() -> None:
            rig.stop_at("worker", place)
            (name,) = rig.standing_still("worker", "successor")
            if place == "before-commit":
                until(rig.somebody_waits, "another waits for what it holds", PATIENCE_SECONDS)
            else:
                ends = rig.journal_ends()
                until(lambda: rig.registered(ends), "another registers what it had", PATIENCE_SECONDS)
            rig.wake(name)
            trial.tried(f"SIGSTOP {place}")

        return deed

    rounds = max(1, flood.size // EACH_MESSAGES)
    await pour_during(rig, flood, [sleep(p) for _ in range(rounds) for p in dice.sample(PLACES, len(PLACES))])
    trial.found(await check(rig, flood))
