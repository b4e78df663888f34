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
WORKERS = ("worker", "successor")
ROW_LOCKS = {"tuple", "transactionid"}
TRIES = 10
"""In about one of eight another comes to a device of the transaction before it comes to its watermarks."""


@pytest.mark.fault("zombies")
async def test_a_worker_that_wakes_after_another_has_its_partitions(rig: Rig, form: Form, trial: Trial) -> None:
    """In the middle of its transaction it holds its watermarks, and whoever comes after it waits. Anywhere else it
    holds nothing, another registers its batch, and the watermark refuses it when it wakes."""
    rig.start_besides("worker", "successor")
    flood = Flood("zombies", form.seed, form.size(LONG_SHARE, short=150))
    dice = Random(form.seed)

    def sleep(place: str) -> Hook:
        def deed() -> None:
            assert any(sleeps_and_wakes(rig, place) for _ in range(TRIES)), f"another came to what it had, {place}"
            trial.tried(f"SIGSTOP {place}")

        return deed

    rounds = max(1, flood.size // EACH_MESSAGES)
    # One that only starts may take longer than PostgreSQL lets the other stand still in its transaction.
    until(lambda: rig.sharing(*WORKERS) == {*WORKERS}, "both have a share of the journal", PATIENCE_SECONDS)
    await pour_during(rig, flood, [sleep(p) for _ in range(rounds) for p in dice.sample(PLACES, len(PLACES))])
    trial.found(await check(rig, flood))


def sleeps_and_wakes(rig: Rig, place: str) -> bool:
    """Whether the other worker came to what the one that slept had.

    In a batch that it had begun already it may come to a device of the other's transaction first; there it waits until
    PostgreSQL ends that, and nobody comes to its watermarks any more.
    """
    until(lambda: rig.sharing(*WORKERS) == {*WORKERS}, "both have a share of the journal", PATIENCE_SECONDS)
    name = rig.stop_at("worker", place, WORKERS)
    until(lambda: rig.sharing(*WORKERS) == {*WORKERS} - {name}, "another has its partitions", PATIENCE_SECONDS)
    came = True
    if place == "before-commit":
        until(lambda: rig.waited_for() != set(), "another waits for what it holds, if it still does", PATIENCE_SECONDS)
        came = bool((rig.waited_for() or set()) & ROW_LOCKS)
    else:
        ends = rig.journal_ends()
        until(lambda: rig.registered(ends), "another registers what it had", PATIENCE_SECONDS)
    rig.wake(name)
    return came
