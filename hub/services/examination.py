"""What a doctor looks at: whether database and broker answer, are fit for this version, and keep up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from aiokafka.errors import KafkaError

from hub import clock, kafka
from hub.errors import HubError
from hub.services import prepare
from registry_store import health, journal_progress, outbox, quarantine, review_items
from registry_store.engine import Engine, connect, transaction
from schemas import topics

LOCKS_WANTED = 12_800
"""Two workers with batches of 500 take up to 2 x 500 x 5 advisory locks; with room for the rest."""
LAG_WORTH_A_LOOK = 10_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `do` says what to do where it is not well."""

    what: str
    ok: bool
    found: str
    do: str = ""


async def examine(database: str, bootstrap: str, replication: int, review_days: int) -> list[Finding]:
    """Every look in turn; one that fails does not hinder the next."""
    engine = connect(database, pool_size=2)
    try:
        return [
            *await _look("PostgreSQL", "start it, or mend HUB_DATABASE", lambda: _postgres(engine)),
            *await _look("Kafka", "start it, or mend HUB_KAFKA", lambda: _kafka(engine, bootstrap, replication)),
            *await _look("reviews", "look at PostgreSQL", lambda: _reviews(engine, review_days)),
            *await _look("progress", "look at worker and relay", lambda: _progress(engine, bootstrap)),
        ]
    finally:
        await engine.dispose()


async def _look(what: str, do: str, look: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await look()
    except (HubError, KafkaError, OSError) as error:
        return [Finding(what, False, str(error) or type(error).__name__, do)]


async def _postgres(engine: Engine) -> list[Finding]:
    async with transaction(engine) as connection:
        server = await health.server(connection)
        left = await health.migrations_left(connection)
    locks = server.max_locks_per_transaction * server.max_connections
    return [
        Finding("PostgreSQL", True, f"version {server.version}"),
        Finding(
            "tables",
            not left,
            "at this version" if not left else "older than this version",
            "run `hub prepare`",
        ),
        Finding(
            "locks",
            locks >= LOCKS_WANTED,
            f"room for {locks}",
            f"raise max_locks_per_transaction until it times max_connections is {LOCKS_WANTED} or more",
        ),
        Finding(
            "durability",
            server.fsync and server.synchronous,
            server.durability,
            "switch fsync and synchronous_commit on",
        ),
    ]


async def _kafka(engine: Engine, bootstrap: str, replication: int) -> list[Finding]:
    await kafka.ensure_topics(bootstrap, await prepare.topics(engine), replication)
    safe = (
        "one copy of each topic: a lost disk is a lost journal"
        if replication == 1
        else f"{replication} copies of each topic"
    )
    return [Finding("Kafka", True, "answers, and has every topic"), Finding("copies", True, safe)]


async def _reviews(engine: Engine, days: int) -> list[Finding]:
    now = clock.now()
    async with transaction(engine) as connection:
        waiting = await review_items.waiting(connection)
    late = [w for w in waiting if now - w.oldest > timedelta(days=days)]
    told = "; ".join(f"{w.count} {w.kind}, the oldest {(now - w.oldest).days} days" for w in waiting)
    do = f"some wait for more than {days} days (HUB_REVIEW_DAYS): `hub review list --older-than {days}`"
    return [Finding("questions for people", not late, told or "none", do)]


async def _progress(engine: Engine, bootstrap: str) -> list[Finding]:
    consumer = kafka.assigned_consumer(bootstrap)
    try:
        await consumer.start()
        ends = await kafka.end_offsets(consumer, *topics.JOURNAL)
    finally:
        await consumer.stop()
    async with transaction(engine) as connection:
        done = await journal_progress.watermarks(connection)
        waiting = await outbox.waiting(connection)
        held = len(await quarantine.held(connection))
    lag = sum(max(0, end - 1 - done.get((at.topic, at.partition), -1)) for at, end in ends.items())
    return [
        Finding(
            "journal lag",
            lag < LAG_WORTH_A_LOOK,
            f"{lag} messages wait for registration",
            "is a worker up? `hub run worker`",
        ),
        Finding(
            "outbox",
            waiting < LAG_WORTH_A_LOOK,
            f"{waiting} messages wait to go out",
            "is a relay up? `hub run relay`",
        ),
        Finding("quarantine", held == 0, f"{held} messages set aside", "`hub quarantine list`"),
    ]
