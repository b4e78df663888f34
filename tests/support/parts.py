"""Real PostgreSQL and Kafka for the tests: one server each for the whole run, started when a test first asks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg

from hub.embedded import kafka as embedded_kafka
from hub.embedded.kafka import EmbeddedKafka
from hub.embedded.postgres import EmbeddedPostgres
from hub.services import directory
from registry_store import meter_points, migrate
from registry_store.engine import connect, transaction
from tests.support import people, premises

EMPTY, READY = "template_empty", "template_ready"
_numbers = count(1)


def say_nothing(_: str) -> None:
    """Where a person would be told of progress."""


class Databases:
    """A server with two templates: an empty database, and one with all tables and the cast of the tests."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server

    def make_templates(self) -> None:
        # What a power cut would lose is not tried here; kill -9 loses nothing without it either.
        self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {EMPTY}", f"CREATE DATABASE {READY}")
        asyncio.run(_fill(self.url(READY)))

    def url(self, name: str) -> str:
        return self.server.address.replace("/fmar?", f"/{name}?")

    @contextmanager
    def fresh(self, template: str) -> Iterator[str]:
        """The URL of a database that nobody else has."""
        name = f"test_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, *statements: str) -> None:
        asyncio.run(_execute(self.server.address, statements))


async def _execute(url: str, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _fill(url: str) -> None:
    engine = connect(url)
    try:
        await migrate.migrate(engine)
        await directory.seed(engine, people.seed_file())
        async with transaction(engine) as connection:
            await meter_points.put(connection, [row for p in premises.KNOWN for row in p.meter_points()])
    finally:
        await engine.dispose()


@contextmanager
def running_postgres(folder: Path) -> Iterator[Databases]:
    server = EmbeddedPostgres(folder, say_nothing)
    server.start()
    try:
        databases = Databases(server)
        databases.make_templates()
        yield databases
    finally:
        server.stop()


@contextmanager
def running_kafka(folder: Path) -> Iterator[EmbeddedKafka]:
    # Tests kill workers: the broker is to let them have a session of a second or two, where it insists on six.
    usual = embedded_kafka.SETTINGS
    embedded_kafka.SETTINGS = usual + "group.min.session.timeout.ms=500\n"
    server = EmbeddedKafka(folder, say_nothing)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        embedded_kafka.SETTINGS = usual
