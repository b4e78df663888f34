"""Three brokers, each message on two before it is acknowledged: leaders die under load, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from schemas import topics
from tests.faults.checker import check
from tests.faults.flood import Flood, Hook
from tests.faults.pouring import pour_during
from tests.faults.rig import PATIENCE_SECONDS, Rig, running_rig
from tests.faults.trial import Form, Trial
from tests.support.kafka_cluster import BROKERS, Cluster, running_cluster
from tests.support.wait import until

LONG_SHARE, EACH_MESSAGES = 0.04, 2_000


@pytest.fixture
def cluster(folder: Path, form: Form) -> Iterator[Cluster]:
    with running_cluster(folder / f"cluster-{form.name}") as made:
        yield made


@pytest.fixture
def rig(folder: Path, form: Form, cluster: Cluster) -> Iterator[Rig]:
    """A hub on the three brokers."""
    with running_rig(folder / f"on-cluster-{form.name}", kafka=cluster.address, replication=BROKERS) as made:
        yield made


@pytest.mark.fault("leader")
async def test_nothing_is_lost_or_repeated_when_leaders_die_under_load(
    cluster: Cluster, rig: Rig, form: Form, trial: Trial
) -> None:
    flood = Flood("leader", form.seed, form.size(LONG_SHARE, short=150))
    dice = Random(form.seed)

    def lose(partition: int) -> Hook:
        def deed() -> None:
            leader = cluster.leader(topics.INTAKE, partition)
            cluster.brokers[leader].kill()
            until(
                lambda: cluster.leader(topics.INTAKE, partition) not in (leader, -1),
                "another leads",
                PATIENCE_SECONDS,
            )
            trial.tried("kill -9 of a partition's leader")
            before = len(flood.acknowledged)
            until(lambda: len(flood.acknowledged) > before, "two are enough", PATIENCE_SECONDS)
            cluster.brokers[leader].start()
            until(lambda: cluster.whole(topics.INTAKE), "the third has caught up", PATIENCE_SECONDS)

        return deed

    rounds = max(1, flood.size // EACH_MESSAGES)
    await pour_during(rig, flood, [lose(dice.randrange(topics.JOURNAL_PARTITIONS)) for _ in range(rounds)])
    trial.found(await check(rig, flood))
