"""Three Kafka brokers from the jars of the embedded one: what is acknowledged by all in-sync replicas is on two."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub.embedded import kafka
from hub.embedded.kafka import EmbeddedKafka, new_cluster_id
from hub.embedded.ports import free_port
from tests.support.parts import SHORT_SESSIONS, say_nothing

T = TypeVar("T")
BROKERS = 3
HEAP_MB = 256
# Added to the settings of the embedded broker; the last line of a name counts.
SETTINGS = """\
node.id={number}
controller.quorum.voters={voters}
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
replica.lag.time.max.ms=3000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
"""


class Broker(EmbeddedKafka):
    """One of them."""

    def __init__(self, data: Path, number: int, cluster: str, port: int, controllers: Sequence[int]) -> None:
        super().__init__(data / str(number), say_nothing, heap_mb=HEAP_MB)
        self._number, self._cluster, self._own_port, self._controllers = number, cluster, port, controllers

    def _write_settings(self) -> None:
        self._port = self._own_port
        own = {"broker": self._port, "controller": self._controllers[self._number - 1], "log": self._home / "log"}
        voters = ",".join(f"{n}@127.0.0.1:{port}" for n, port in enumerate(self._controllers, 1))
        more = SETTINGS.format(number=self._number, voters=voters)
        self._settings.write_text(kafka.SETTINGS.format(**own) + SHORT_SESSIONS + more)


class Cluster:
    """`address` names all of them."""

    NOBODY = -1

    def __init__(self, data: Path) -> None:
        ports: list[int] = []
        while len(ports) < 2 * BROKERS:
            ports.append(free_port(ports))
        cluster = new_cluster_id()
        self.brokers = {
            number: Broker(data, number, cluster, ports[number - 1], ports[BROKERS:])
            for number in range(1, BROKERS + 1)
        }
        self.address = ",".join(f"127.0.0.1:{port}" for port in ports[:BROKERS])

    def start(self) -> None:
        # At once: none is ready before it has found another.
        with ThreadPoolExecutor(BROKERS) as pool:
            list(pool.map(EmbeddedKafka.start, self.brokers.values()))

    def stop(self) -> None:
        with ThreadPoolExecutor(BROKERS) as pool:
            list(pool.map(EmbeddedKafka.stop, self.brokers.values()))

    def leader(self, topic: str, partition: int) -> int:
        """The number of the broker that takes what is for a partition, or `NOBODY`."""
        found = (int(p["leader"]) for p in self._partitions(topic) if p["partition"] == partition)
        return next(found, self.NOBODY)

    def whole(self, topic: str) -> bool:
        """Whether every partition is on all of them and up to date."""
        found = self._partitions(topic)
        return bool(found) and all(len(p["isr"]) == BROKERS for p in found)

    def _partitions(self, topic: str) -> list[dict[str, Any]]:
        """None while nobody who knows can be asked."""

        async def work() -> list[dict[str, Any]]:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
            try:
                await admin.start()
                (found,) = await admin.describe_topics([topic])
                return list(found["partitions"])
            except (KafkaError, OSError):
                return []
            finally:
                await admin.close()

        return _apart(work())


def _apart(work: Coroutine[Any, Any, T]) -> T:
    """In a thread and a loop of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@contextmanager
def running_cluster(data: Path) -> Iterator[Cluster]:
    made = Cluster(data)
    try:
        made.start()
        yield made
    finally:
        made.stop()
