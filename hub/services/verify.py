"""Does everything that the hub holds agree? Journal, inbox, register, history, outbox, feeds and topics together."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from hub import kafka
from hub.errors import Unavailable
from hub.rules import feed_epochs as epochs
from hub.rules.feed_epochs import Start
from hub.services.audit import check
from hub.services.audit.vault import Vault
from registry_store import feed_epochs, inbox, journal_progress, outbox, reconciliation
from registry_store.engine import Engine, repeatable_read, transaction
from schemas import avro, topics
from schemas.signed_message import SignedMessage

SETTLE_SECONDS = 240.0
"""How long verification waits for what was accepted before it began to be registered and told."""
CHUNK = 2000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Check:
    """One statement: how much was looked at, and what breaks it."""

    name: str
    says: str
    looked_at: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Verdict:
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(f"{check.name}: {problem}" for check in self.checks for problem in check.problems)


async def verify(engine: Engine, bootstrap: str, secret: str, say: Say) -> Verdict:
    """Every check in turn. Raises `Unavailable` when Kafka or PostgreSQL does not answer."""
    consumer = kafka.assigned_consumer(bootstrap)
    try:
        await consumer.start()
        say("Waiting until what was accepted is registered and told.")
        checks = [await _settled(engine, consumer)]
        say("Reading the journal against the inbox.")
        checks.append(await _journal(engine, consumer))
        say("Holding register, history, outbox and feeds together.")
        checks += await _tables(engine)
        say("Going through the audit log.")
        checks += await _audit(engine, secret)
        say("Reading the outbound topics.")
        checks.append(await _topics(engine, consumer))
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await consumer.stop()
    return Verdict(tuple(checks))


async def _settled(engine: Engine, consumer: AIOKafkaConsumer) -> Check:
    ends = await kafka.end_offsets(consumer, *topics.JOURNAL)
    problems: tuple[str, ...] = ()
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        async with transaction(engine) as connection:
            done = await journal_progress.watermarks(connection)
            waiting = await outbox.waiting(connection)
        behind = {at: end for at, end in ends.items() if done.get(tuple(at), -1) < end - 1}
        if not behind and not waiting:
            break
        if time.monotonic() > deadline:
            missing = sum(end - 1 - done.get(tuple(at), -1) for at, end in behind.items())
            problems = (
                f"{missing} messages not registered, {waiting} outbox rows not published; are worker and relay up?",
            )
            break
        await asyncio.sleep(0.2)
    return Check("progress", "what was accepted is registered and told", sum(ends.values()), problems)


async def _journal(engine: Engine, consumer: AIOKafkaConsumer) -> Check:
    """Every journal message had its effect or is in quarantine; nothing had an effect that is not in the journal."""
    problems: list[str] = []
    effective: set[bytes] = set()
    looked_at = 0
    chunk: list[ConsumerRecord] = []
    async for record in kafka.records(consumer, *topics.JOURNAL):
        looked_at += 1
        chunk.append(record)
        if len(chunk) == CHUNK:
            problems += await _check_chunk(engine, chunk, effective)
            chunk = []
    problems += await _check_chunk(engine, chunk, effective)
    async with transaction(engine) as connection:
        size = await reconciliation.inbox_size(connection)
    if size > len(effective):
        problems.append(f"{size - len(effective)} messages had an effect and are not in the journal")
    return Check(
        "journal and inbox",
        "every accepted message had its effect once or is set aside",
        looked_at,
        tuple(problems),
    )


async def _check_chunk(engine: Engine, chunk: list[ConsumerRecord], effective: set[bytes]) -> list[str]:
    keyed = [(record, _key_and_digest(record)) for record in chunk]
    async with transaction(engine) as connection:
        known = await inbox.digests(connection, list({key for _, (key, _) in keyed if key is not None}))
        without = [r for r, (key, digest) in keyed if key is None or known.get(key) != digest]
        aside = await reconciliation.set_aside(connection, [_place(r) for r in without])
    effective.update(hashlib.blake2b("\x1f".join(key).encode(), digest_size=16).digest() for key in known)
    lost = [r for r in without if _place(r) not in aside]
    return [f"{r.topic} partition {r.partition} offset {r.offset} had no effect and is not set aside" for r in lost[:5]]


def _place(record: ConsumerRecord) -> tuple[int, int]:
    return topics.journal_number(record.topic, record.partition), record.offset


def _key_and_digest(record: ConsumerRecord) -> tuple[inbox.Key | None, bytes]:
    headers = dict(record.headers)
    try:
        message = avro.decode(record.value or b"", SignedMessage)
    except (avro.SchemaUnknown, avro.PayloadInvalid, ValidationError):
        return None, b""
    return (headers.get("sender", b"").decode("ascii", "replace"), message.id), hashlib.sha256(message.body).digest()


async def _tables(engine: Engine) -> list[Check]:
    """All tables as of one moment, so that a running hub does not disagree with itself by moving on."""
    found = []
    async with repeatable_read(engine) as connection:
        for question in reconciliation.QUESTIONS:
            finding = await reconciliation.ask(connection, question)
            problems = (f"{finding.count} break it, such as {', '.join(finding.examples)}",) if finding.count else ()
            found.append(Check(question.check, question.says, finding.count, problems))
    return found


async def _audit(engine: Engine, secret: str) -> list[Check]:
    vault = Vault(secret)
    await vault.start(engine)
    async with repeatable_read(engine) as connection:
        chains = await check.chains(connection)
        versions = await check.versions(connection, vault)
    return [
        Check("audit chain", "the audit log is as it was written, up to its heads", *vars(chains).values()),
        Check("audit and history", "every version is still what its audit entry says", *vars(versions).values()),
    ]


@dataclass
class _Feed:
    """How far one outbound topic was read, against what the outbox says is in it."""

    name: str
    expected: dict[int, object]
    starts: Sequence[Start] = ()
    last: int = 0
    problems: list[str] = field(default_factory=list)

    def read(self, record: ConsumerRecord) -> None:
        headers = dict(record.headers)
        seq = int(headers["feed-seq"])
        # What was told before the register was set back is void where it knows nothing of it.
        if seq <= self.last or epochs.is_void(
            self.starts, self.name, int(headers.get("feed-epoch", epochs.FIRST)), seq
        ):
            return
        if seq != self.last + 1:
            self.problems.append(f"{self.name} goes from {self.last} to {seq}")
        if seq in self.expected and str(self.expected[seq]) != headers["event-id"].decode():
            self.problems.append(f"{self.name} has another event under {seq} than the outbox")
        self.last = seq

    def end(self) -> None:
        if self.last < len(self.expected):
            self.problems.append(f"{self.name} ends at {self.last} of {len(self.expected)} events")


async def _topics(engine: Engine, consumer: AIOKafkaConsumer) -> Check:
    """Every numbered event is in its topic, in the order of the numbers once repeats are dropped."""
    async with transaction(engine) as connection:
        names = await reconciliation.outbound_topics(connection)
        starts = await feed_epochs.starts(connection)
        feeds = {name: _Feed(name, await reconciliation.numbered(connection, name), starts) for name in names}
    async for record in kafka.records(consumer, *names):
        feeds[record.topic].read(record)
    for feed in feeds.values():
        feed.end()
    problems = [problem for feed in feeds.values() for problem in feed.problems]
    looked_at = sum(feed.last for feed in feeds.values())
    return Check("outbound topics", "every event is in its topic, in order, without a gap", looked_at, tuple(problems))
