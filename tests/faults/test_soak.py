"""An even load for a long time: memory does not grow, and the backlog goes back to nothing."""

import asyncio
import time
from collections.abc import Sequence
from statistics import fmean, linear_regression

import psutil
import pytest

from tests.faults.checker import check
from tests.faults.flood import Flood
from tests.faults.pouring import pour
from tests.faults.rig import Rig
from tests.faults.trial import Form, Trial
from tests.support.wait import until

SHORT_SECONDS, LONG_SECONDS = 4.0, 3600.0
WARM_UP_SHARE = 0.25
"""Of the time, before memory is looked at: caches fill, connections open."""
A_TIME, EVERY_SECONDS = 50, 1.0
PROCESSES = ("door", "worker", "relay", "mqtt", "platform", "clock")
MOST_MB_AN_HOUR = 20.0
Sample = tuple[float, float]
"""Seconds and MiB."""


def slope(samples: Sequence[Sample]) -> float:
    """MiB an hour."""
    seconds, sizes = zip(*samples, strict=True)
    return linear_regression(seconds, sizes).slope * 3600


@pytest.mark.parametrize(
    ("sizes", "an_hour"), [((100, 100, 100), 0.0), ((100, 101, 102), 360.0), ((100, 104, 96, 100), -144.0)], ids=str
)
def test_the_slope_of_memory_is_that_of_the_line_through_it(sizes: tuple[float, ...], an_hour: float) -> None:
    assert slope([(10.0 * place, size) for place, size in enumerate(sizes)]) == pytest.approx(an_hour)


@pytest.mark.fault("soak")
async def test_memory_stays_and_the_backlog_goes(rig: Rig, form: Form, trial: Trial) -> None:
    seconds = SHORT_SECONDS if form.name == "short" else LONG_SECONDS
    flood = Flood("soak", form.seed, A_TIME)
    sizes: dict[str, list[Sample]] = {name: [] for name in PROCESSES}
    began = time.monotonic()
    await pour(rig, flood)
    while (passed := time.monotonic() - began) < seconds:
        pause = asyncio.create_task(asyncio.sleep(EVERY_SECONDS))
        await pour(rig, flood.one_more(A_TIME))
        for name in PROCESSES:
            pid = rig.supervisor.pid(name)
            if pid is not None and passed > WARM_UP_SHARE * seconds:
                sizes[name].append((passed, psutil.Process(pid).memory_info().rss / 2**20))
        await pause
    ends = rig.journal_ends()
    until(lambda: rig.registered(ends), "the backlog is gone", 120)
    trial.tried(f"an even load for {seconds:.0f} s")
    trial.found(await check(rig, flood))
    if form.name == "long":
        for name, samples in sizes.items():
            trial.note(f"{name}: {fmean(size for _, size in samples):.0f} MiB, {slope(samples):+.1f} MiB an hour")
        assert {name: s for name, samples in sizes.items() if (s := slope(samples)) > MOST_MB_AN_HOUR} == {}
