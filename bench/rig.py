"""The stack under measurement: real Kafka and PostgreSQL in a folder of their own, the hub's own processes beside them.

Everything durable: acks=all, fsync on, as `hub up` has it.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path

import asyncpg

from bench import machine, processes
from bench.cpu import CpuClock
from bench.mix import SENDERS, premises_for
from bench.processes import Processes
from hub import clock, identity, running
from hub import settings as hub_settings
from hub.embedded import development
from hub.embedded.kafka import EmbeddedKafka
from hub.embedded.ports import free_port
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.stack import environment
from hub.identity import Identity
from hub.services import town
from hub.services.prepare import prepare
from registry_store.engine import connect
from simulators import premises

Say = Callable[[str], None]

PREMISES_AT_ONCE = 20_000
"""Of a large town, so that it need not be in memory whole."""


class Rig:
    """Parts and processes of one run. `settings` are those of the hub's processes."""

    def __init__(self, folder: Path, say: Say, **settings: object) -> None:
        self.folder = folder
        self.say = say
        self.kafka = EmbeddedKafka(folder, say)
        self.postgres = EmbeddedPostgres(folder, say)
        self._wanted = settings
        self.settings = hub_settings.load(data=folder)

    def start(self) -> None:
        """Starts the parts and makes tables, topics and participants."""
        with ThreadPoolExecutor(2) as pool:
            for started in [pool.submit(part.start) for part in (self.kafka, self.postgres)]:
                started.result()
        self.settings = hub_settings.load(
            data=self.folder,
            kafka=self.kafka.address,
            database=self.postgres.address,
            port=free_port(),
            secret=development.secret(self.folder),
            **self._wanted,
        )
        development.ensure(self.folder, self.settings.participants_file)
        asyncio.run(self._prepare())

    def stop(self) -> None:
        self.kafka.stop()
        self.postgres.stop()

    async def _prepare(self) -> None:
        engine = connect(self.settings.database or "")
        try:
            await prepare(self.settings, engine)
        finally:
            await engine.dispose()

    def lay_out(self, seed: int, messages: int) -> None:
        """The meter points and consents of the town that so many messages speak of."""
        size = premises_for(messages)

        async def put() -> None:
            engine = connect(self.settings.database or "")
            try:
                for first in range(0, size, PREMISES_AT_ONCE):
                    n = min(PREMISES_AT_ONCE, size - first)
                    points, consents = premises.meter_points(seed, n, first), premises.consents(seed, n, first)
                    await town.lay_out(engine, points, consents, "bench", clock.now())
            finally:
                await engine.dispose()
            # As the bare loop's tables are; those that are still empty are left as a new hub has them.
            connection = await asyncpg.connect(self.postgres.address)
            await connection.execute("VACUUM ANALYZE meter_point, consent", timeout=600)
            await connection.close()

        asyncio.run(put())

    def identity(self, participant: str) -> Identity:
        return identity.load(running.identity_file(self.folder, participant))

    @cached_property
    def signers(self) -> dict[str, Identity]:
        """The senders of the mix."""
        return {name: self.identity(name) for name in SENDERS}

    def database(self, name: str) -> str:
        """The address of another database on the same server."""
        return self.postgres.address.replace("/fmar?", f"/{name}?")

    async def make_database(self, name: str) -> str:
        connection = await asyncpg.connect(self.postgres.address)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self.database(name)

    def running(self, group: str, commands: Sequence[Sequence[str]]) -> AbstractContextManager[Processes]:
        """Python processes with these arguments and the hub's settings for as long as the block lasts."""
        return processes.running(group, commands, environment(self.settings), self.folder / "logs")

    @property
    def servers(self) -> CpuClock:
        """CPU time of Kafka and PostgreSQL."""
        pids = {"kafka": self.kafka.pid, "postgresql": self.postgres.pid}
        return CpuClock({name: [pid] for name, pid in pids.items() if pid is not None})

    def facts(self) -> dict[str, object]:
        """The machine, and the settings on which a figure depends."""
        return {**machine.facts(), **asyncio.run(self._durability())}

    async def _durability(self) -> dict[str, object]:
        connection = await asyncpg.connect(self.postgres.address)
        try:
            names = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
            shown = {name: await connection.fetchval(f"SHOW {name}") for name in names}
            version = await connection.fetchval("SHOW server_version")
        finally:
            await connection.close()
        return {"postgresql": version, "postgresql_settings": shown, "kafka_settings": {"acks": "all", "brokers": 1}}


def hub_role(role: str, profile: Path | None = None) -> list[str]:
    """The arguments of one of the hub's processes; with a folder for its profile, of the same under a profiler."""
    if profile is not None:
        return ["-m", "bench.profiling.process", role, str(profile)]
    return ["-m", "hub.cli.main", "run", role]


@contextmanager
def rig(say: Say, **settings: object) -> Iterator[Rig]:
    """A rig that is started, and is gone with its folder afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fmar-bench-"))
    made = Rig(folder, say, **settings)
    began = time.monotonic()
    try:
        made.start()
        say(f"Kafka and PostgreSQL are up after {time.monotonic() - began:.0f} s.")
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
