"""kill -9 of each part in the middle of a flood: nothing acknowledged is lost, nothing has its effect twice.

The hub starts each part again by itself.
"""

from collections.abc import Callable
from random import Random

import pytest

from tests.faults.checker import check
from tests.faults.flood import Flood
from tests.faults.pouring import pour
from tests.faults.rig import Rig
from tests.faults.trial import Form, Trial

EACH_MESSAGES = 5_000
"""A long flood has one kill for so many messages."""


def victims(rig: Rig) -> dict[str, Callable[[], None]]:
    """Every part of a hub, and how it is killed."""
    processes = ("worker", "door", "relay", "mqtt", "platform", "clock")
    return {name: lambda name=name: rig.supervisor.kill(name) for name in processes} | {
        part.name: part.kill for part in (rig.kafka, rig.postgres, rig.mqtt)
    }


def schedule(rig: Rig, form: Form, trial: Trial) -> dict[float, Callable[[], None]]:
    """Shares of the flood, and who is killed there: everybody in turn, in an order that is the seed's."""
    dice = Random(form.seed)
    by_name = victims(rig)
    count = max(len(by_name), form.messages // EACH_MESSAGES)
    names: list[str] = []
    while len(names) < count:
        names += dice.sample(sorted(by_name), len(by_name))
    shares = sorted(dice.uniform(0.02, 0.9) for _ in range(count))

    def kill(name: str) -> None:
        trial.tried(f"kill -9 {name}")
        by_name[name]()

    return {share: lambda name=name: kill(name) for share, name in zip(shares, names, strict=False)}  # type: ignore[misc]


@pytest.mark.fault("kills")
async def test_nothing_is_lost_or_repeated_when_every_part_is_killed_in_turn(
    rig: Rig, form: Form, trial: Trial
) -> None:
    flood = Flood("kills", form.seed, form.messages)
    await pour(rig, flood, schedule(rig, form, trial))
    trial.found(await check(rig, flood))
    assert all(rig.supervisor.restarts(name) >= 1 for name in ("door", "worker", "relay", "mqtt", "platform", "clock"))
