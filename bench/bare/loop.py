"""The bare loop as a whole: its database, its topic, its processes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from bench.bare import setting, store
from bench.processes import Processes
from bench.rig import Rig
from hub import kafka
from hub.services.prepare import read_participants
from schemas import topics
from schemas.topics import JOURNAL_PARTITIONS, KEEP, Topic

NAME = "bare"


class BareLoop:
    """Reads the hub's journal into a database of its own, and publishes to a topic of its own."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.database = rig.database(NAME)

    async def make(self, keys: int) -> None:
        """A database with so many keys in it, and the topic."""
        await self._rig.make_database(NAME)
        connection = await asyncpg.connect(self.database, command_timeout=600)
        try:
            await store.make(connection, keys)
        finally:
            await connection.close()
        await self.make_topics()

    async def make_topics(self) -> None:
        """A journal for its endpoint, and the topic of what goes out."""
        made = [
            Topic(setting.JOURNAL, "SignedMessage", "message id", JOURNAL_PARTITIONS, KEEP, "journal"),
            Topic(setting.TOPIC, "Event", "asset id", 1, KEEP, "out"),
        ]
        await kafka.ensure_topics(self._rig.settings.kafka or "", made, 1)

    @contextmanager
    def running(self, workers: int, starts: Mapping[int, int], journal: str = topics.INTAKE) -> Iterator[Processes]:
        """Workers that share a journal's partitions, read from these offsets on, and one relay."""
        shares = [{n: at for n, at in starts.items() if n % workers == worker} for worker in range(workers)]
        commands = [
            ["-m", "bench.bare.worker", self._told(f"worker-{n}", offsets=share, journal=journal)]
            for n, share in enumerate(shares)
        ]
        relay = ["-m", "bench.bare.relay", self._told("relay")]
        with self._rig.running("bare worker", commands) as first, self._rig.running("bare relay", [relay]) as second:
            yield first | second

    @contextmanager
    def endpoint(self, port: int) -> Iterator[Processes]:
        """The bare endpoint, which writes to a journal of its own."""
        command = ["-m", "bench.bare.endpoint", self._told("endpoint", port=port, journal=setting.JOURNAL)]
        with self._rig.running("bare endpoint", [command]) as found:
            yield found

    def _told(self, name: str, **more: Any) -> str:
        keys = {key.key_id: key.public_key for key in read_participants(self._rig.settings.participants_file).keys}
        told = setting.Setting(kafka=self._rig.settings.kafka or "", database=self.database, keys=keys, **more)
        file: Path = self._rig.folder / f"bare-{name}.json"
        file.write_text(told.model_dump_json())
        return str(file)

    async def published(self) -> int:
        """Events on the topic."""
        return sum((await kafka.topic_ends(self._rig.settings.kafka or "", setting.TOPIC)).values())
