"""Real PostgreSQL and Kafka for the tests: one server each for the whole run, started when a test first asks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg

from hub import clock
from hub.embedded.kafka import EmbeddedKafka
from hub.embedded.postgres import EmbeddedPostgres
from hub.services import directory
from registry_store import meter_points, migrate
from registry_store.engine import connect, transaction
from tests.support import people, premises

READY = "template_ready"
CAST = (
    "participant",
    "signing_key",
    "access_token",
    "delegation",
    "consent",
    "directory_revision",
    "meter_point",
    "alembic_version",
)
"""Tables that hold who takes part, and where. All others are empty when a test begins."""
_numbers = count(1)


def say_nothing(_: str) -> None:
    """Where a person would be told of progress."""


class Databases:
    """A server with a template: a database with all tables and the cast of the tests."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self._idle: list[str] = []
        self._as_made = ""

    def make_templates(self) -> None:
        # What a power cut would lose is not tried here; kill -9 loses nothing without it either.
        self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {READY}")
        asyncio.run(_fill(self.url(READY)))
        self._as_made = asyncio.run(_clean(self.url(READY)))

    def url(self, name: str) -> str:
        return self.server.address.replace("/fmar?", f"/{name}?")

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database without anything in it."""
        name = self._made("template1")
        try:
            yield self.url(name)
        finally:
            self._drop(name)

    @contextmanager
    def ready(self) -> Iterator[str]:
        """The URL of a database that nobody else has, with all tables and the cast of the tests."""
        # To make one takes half a second; one that was used is emptied, and taken again if nothing else of it changed.
        name = self._idle.pop() if self._idle else self._made(READY)
        try:
            yield self.url(name)
        finally:
            if asyncio.run(_clean(self.url(name))) == self._as_made:
                self._idle.append(name)
            else:
                self._drop(name)

    def _made(self, template: str) -> str:
        name = f"test_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _drop(self, name: str) -> None:
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


async def _clean(url: str) -> str:
    """Ends whoever is still connected, takes away what tests have put in, and gives a digest of all that is left."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = [r[0] for r in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        # Triggers are left out: the audit log refuses to be emptied.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("; ".join(f"DELETE FROM {t}" for t in tables if t not in CAST))  # noqa: S608
        rows = " UNION ALL ".join(f"SELECT t::text AS row FROM {t} t" for t in CAST)  # noqa: S608
        columns = "SELECT attrelid::regclass || '.' || attname FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0"
        digest = f"SELECT md5(string_agg(row, chr(10) ORDER BY row)) FROM ({rows} UNION ALL {columns}) AS everything"  # noqa: S608
        return str(await connection.fetchval(digest))
    finally:
        await connection.close()


async def _fill(url: str) -> None:
    engine = connect(url)
    try:
        await migrate.migrate(engine)
        await directory.seed(engine, people.seed_file(), people.LONG_AGO)
        async with transaction(engine) as connection:
            await meter_points.put(connection, [row for p in premises.KNOWN for row in p.meter_points()], clock.now())
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


# Tests kill workers: a broker is to let them have a session of a second, where it insists on six.
SHORT_SESSIONS = "group.min.session.timeout.ms=500\n"


@contextmanager
def running_kafka(folder: Path) -> Iterator[EmbeddedKafka]:
    server = EmbeddedKafka(folder, say_nothing)
    server.more_settings = SHORT_SESSIONS
    try:
        server.start()
        yield server
    finally:
        server.stop()
