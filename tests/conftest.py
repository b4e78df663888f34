"""Fixtures on real parts. Each is started when a test first asks for it, and is shared by all that follow."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from hub import kafka
from hub.embedded.kafka import EmbeddedKafka
from hub.services.directory import Directory
from registry_store.engine import Engine, connect
from schemas.topics import topics_for
from tests.support import parts, people
from tests.support.journal import JournalBuilder
from tests.support.parts import Databases

# How long an example takes says something of the machine, and nothing of the product.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Of the long fault campaigns (`make faults`)."""
    group = parser.getgroup("faults")
    group.addoption("--seed", type=int, default=1, help="which faults come when, and what the messages say")
    group.addoption("--messages", type=int, default=500_000, help="of the campaign of kills; others take a share of it")
    group.addoption("--outcomes", type=Path, metavar="FILE", help="JSON file to write the trials of faults into")


LONGEST = ("tests/faults", "tests/end_to_end")
"""Folders whose tests take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where two processes share the work, file by file, what takes longest begins first."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder for servers. Not one of pytest's: each new run of it shuts those to PostgreSQL's account."""
    with tempfile.TemporaryDirectory(prefix="fmar-tests-") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def databases(folder: Path) -> Iterator[Databases]:
    """A PostgreSQL server with templates to make databases from."""
    with parts.running_postgres(folder) as found:
        yield found


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The URL of a database of the test's own, with every table and the cast of the tests."""
    with databases.ready() as url:
        yield url


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """The URL of a database of the test's own, without anything in it."""
    with databases.empty() as url:
        yield url


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    """An engine on the test's own database."""
    made = connect(database)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def kafka_server(folder: Path) -> Iterator[EmbeddedKafka]:
    """A Kafka broker with the topics of the cast."""
    with parts.running_kafka(folder) as server:
        topics = topics_for(
            ["eastern", "london", "independent", "neso"], ["fsp-1", "fsp-2"], ["platform-1", "platform-2"]
        )
        asyncio.run(kafka.ensure_topics(server.address, topics, 1))
        yield server


@pytest.fixture
def directory() -> Directory:
    """Who takes part, as the test databases have it."""
    return people.directory()


@pytest.fixture
def journal() -> JournalBuilder:
    """An empty journal."""
    return JournalBuilder()
