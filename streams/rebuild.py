"""`hub rebuild`: the journal replayed into an empty register beside the present one, and both held side by side."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiokafka.errors import KafkaError

from hub import kafka
from hub.errors import HubError, Unavailable
from hub.rules.stacking import Policy
from hub.services import directory, journal_identity
from hub.services.audit.vault import Vault
from hub.services.rebuild import comparison
from hub.services.rebuild.comparison import Compared
from registry_store import databases, journal_progress, migrate
from registry_store.engine import Connection, Engine, connect, repeatable_read, transaction
from schemas import topics
from streams.journal_reader import Journal, JournalReader
from streams.replay import Means, Order, Replay, as_recorded

COMPARE_SECONDS = 3600.0
"""For one statement: to put millions of rows in order takes longer than anything that a worker asks."""


class NotEmptyError(HubError):
    """There is something in the database that was to be rebuilt into; the text says what to do."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild came to."""

    messages: int
    subjects: tuple[Compared, ...]

    @property
    def equal(self) -> bool:
        return not any(found.differing for found in self.subjects)

    @property
    def assets(self) -> int:
        return next(found.rows for found in self.subjects if found.subject == "assets")


@dataclass(frozen=True)
class Watcher:
    """Who is told how far it is: of the replay records done and in all, of the comparison what is looked at."""

    replayed: Callable[[int, int], None]
    says: Callable[[str], None]


@asynccontextmanager
async def database_beside(url: str, now: datetime, *, keep: bool) -> AsyncIterator[str]:
    """The URL of a new database on the same server, which is dropped at the end unless it is to be kept."""
    name = f"{databases.name_of(url)}_rebuilt_{now:%Y%m%d_%H%M%S}"
    made = await databases.create(url, name)
    try:
        yield made
    finally:
        if not keep:
            await databases.drop(url, name)


async def rebuild(
    present_url: str, rebuilt_url: str, bootstrap: str, secret: str, policy: Policy, watcher: Watcher
) -> Rebuilt:
    """Reads the present register as of one moment, and the journal up to there.

    Raises `Unavailable`, `JournalChanged` and `NotEmptyError`.
    """
    present = connect(present_url, pool_size=2, statement_seconds=COMPARE_SECONDS)
    rebuilt = connect(rebuilt_url, pool_size=3, statement_seconds=COMPARE_SECONDS)
    consumer = kafka.assigned_consumer(bootstrap)
    try:
        await journal_identity.confirm(present, bootstrap)
        await consumer.start()
        async with repeatable_read(present) as connection:
            reader = JournalReader(consumer, await _ends(connection))
            await reader.start()
            means = Means(await directory.load(present), policy, Vault(secret))
            return await replay_and_compare(connection, rebuilt, reader, means, watcher)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await consumer.stop()
        await present.dispose()
        await rebuilt.dispose()


async def replay_and_compare(
    present: Connection,
    rebuilt: Engine,
    journal: Journal,
    means: Means,
    watcher: Watcher,
    order: Order = as_recorded,
) -> Rebuilt:
    """`present` sees one moment, and `journal` ends there."""
    if not await databases.is_empty(rebuilt):
        raise NotEmptyError("the database to rebuild into has tables already; name an empty one with --into")
    await migrate.migrate(rebuilt)
    await means.vault.start(rebuilt)
    total = sum(end + 1 for end in journal.ends.values())
    messages = await Replay(rebuilt, present, journal, means, order).run(lambda done: watcher.replayed(done, total))
    await _note_progress(present, rebuilt, journal.ends)
    async with repeatable_read(rebuilt) as connection:
        return Rebuilt(messages, await comparison.compare(present, connection, watcher.says))


async def _ends(present: Connection) -> dict[int, int]:
    done = await journal_progress.watermarks(present)
    return {topics.journal_number(*at): last for at, last in done.items()}


async def _note_progress(present: Connection, rebuilt: Engine, ends: Mapping[int, int]) -> None:
    """How far the rebuilt register has come, and in which journal, so that one that is kept could go on from there."""
    cluster = await journal_progress.cluster(present)
    last = {topics.journal_partition(number): end for number, end in ends.items()}
    async with transaction(rebuilt) as connection:
        await journal_progress.lock_watermarks(connection, list(last))
        await journal_progress.raise_watermarks(connection, last)
        if cluster is not None:
            await journal_progress.note_cluster(connection, cluster)
