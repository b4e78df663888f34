"""Workers that come and go all the time: partitions move, and nobody acknowledges what PostgreSQL does not have."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from aiokafka import AIOKafkaConsumer

from hub import kafka
from schemas import topics
from tests.faults.checker import check
from tests.faults.flood import Flood, Hook
from tests.faults.pouring import pour_during
from tests.faults.rig import GROUP, PATIENCE_SECONDS, Rig
from tests.faults.trial import Form, Trial
from tests.support.wait import until

LONG_SHARE, EACH_MESSAGES = 0.04, 1_000


class Monitor:
    """Looks all the time whether an offset is committed in Kafka beyond the watermark in PostgreSQL."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), name="monitor", daemon=True)
        self.looks = 0
        self.beyond: list[str] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()

    async def _watch(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._rig.settings.kafka, group_id=GROUP, enable_auto_commit=False
        )
        await consumer.start()
        try:
            partitions = kafka.partitions(*topics.JOURNAL)
            consumer.assign(partitions)
            while not self._over.is_set():
                # In this order: a watermark that is read later is never behind for having been read too early.
                committed = {topics.journal_number(*at): await consumer.committed(at) or 0 for at in partitions}
                done = await asyncio.to_thread(self._rig.watermarks)
                self.beyond += [
                    f"partition {number}: committed up to {offset}, registered up to {done.get(number, -1)}"
                    for number, offset in committed.items()
                    if offset > done.get(number, -1) + 1
                ]
                self.looks += 1
        finally:
            await consumer.stop()


@pytest.mark.fault("rebalances")
async def test_no_offset_is_committed_beyond_the_watermark_while_workers_come_and_go(
    rig: Rig, form: Form, trial: Trial
) -> None:
    flood = Flood("storm", form.seed, form.size(LONG_SHARE, short=150))
    dice = Random(form.seed)
    monitor = Monitor(rig)

    def come(name: str) -> Hook:
        def deed() -> None:
            rig.start_besides("worker", name)
            until(lambda: bool(rig.sharing(name)), "the group has taken it in", PATIENCE_SECONDS)
            trial.tried("a worker joins")

        return deed

    def go(name: str, *, kill: bool) -> Hook:
        def deed() -> None:
            rig.end_one(name, kill=kill)
            trial.tried("kill -9 of a worker" if kill else "a worker leaves")

        return deed

    line: list[Hook] = []
    for number in range(max(1, flood.size // EACH_MESSAGES)):
        names = [f"worker-{number}-{which}" for which in range(2)]
        line += [come(name) for name in names]
        line += [go(name, kill=dice.random() < 0.5) for name in dice.sample(names, len(names))]
    with monitor.watching():
        await pour_during(rig, flood, line)
    trial.note(f"{monitor.looks} looks at offsets and watermarks")
    assert monitor.looks > 0
    assert monitor.beyond == []
    trial.found(await check(rig, flood))
