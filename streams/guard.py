"""What stands between Faust and the registration, so that no failure loses a message.

Bad data is found by halving the batch and is set aside; PostgreSQL being away is waited for in place; anything else
ends the process, and the batch comes again. A message whose batch was started three times and never committed is set
aside unread: a datum can kill the interpreter.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

import structlog

from hub import clock, metrics
from hub.errors import HubError, JournalChanged, TooMuch, Unavailable
from hub.kafka import Extent
from hub.log import where
from hub.services import journal_identity
from hub.services.audit.vault import SecretChanged, Vault
from hub.services.directory import DirectoryWatch
from hub.services.registration.batch import register
from hub.services.registration.entry import JournalEntry
from hub.settings import Settings
from registry_store import journal_progress
from registry_store.engine import connect, is_about_data, transaction
from registry_store.journal_progress import Attempt, Partition
from streams.beginning import beginning
from streams.records import JournalRecord, Unreadable, read
from streams.set_aside import failed, set_aside
from streams.watchdog import Watchdog

EXIT_CODE = 70
MAX_ATTEMPTS = 3
TAKE_BACK_SECONDS = 5.0
BEGIN_SECONDS = 60.0
"""Faust gives up after 90 s, and then stands still for ever."""
IDLE_SECONDS = 30.0
"""How long a worker may ask nothing of PostgreSQL in the middle of a batch; one that is frozen holds watermarks."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0

log = structlog.get_logger()
T = TypeVar("T")
Groups = dict[Partition, list[JournalRecord]]


class JournalSkippedError(HubError):
    """A batch does not follow what is registered; to take it would lose what lies between."""


class Guard:
    """Handles batches to the end. One for each worker process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = connect(settings.database or "", pool_size=3, idle_seconds=IDLE_SECONDS, by_key=True)
        self._directory = DirectoryWatch(self._engine)
        self._vault = Vault(settings.secret or "")
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Waits for PostgreSQL, then follows the directory until the process ends."""
        await self._patiently(self._directory.start)
        try:
            await self._patiently(lambda: self._vault.start(self._engine))
            await self._patiently(lambda: journal_identity.check(self._engine, self._settings.kafka or ""))
        except SecretChanged as error:
            _end("another_secret", error)
        except JournalChanged as error:
            _end("another_journal", error)
        self._ready.set()
        await self._directory.follow()

    async def handle(self, records: Sequence[JournalRecord]) -> None:
        """Returns when every record had its effect or is set aside. Raises nothing but cancellation."""
        try:
            await self._ready.wait()
            await self._handle(records)
        except Exception as error:
            await self._take_back({record.at for record in records})
            _end("batch_failed", error)

    async def begin_at(self, held: Callable[[], Awaitable[Mapping[int, Extent]]]) -> dict[int, int]:
        """The offset at which each partition is to go on, given what Kafka holds of it.

        Ends the process where the journal no longer has that offset, or when it cannot be told for a minute.
        """
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                places = await self._patiently(lambda: beginning(self._engine, held))
        except JournalChanged as error:
            _end("another_journal", error)
        except TimeoutError as error:
            _end("cannot_tell_where_to_begin", error)
        log.info("goes_on_at", offsets=places)
        return places

    async def watch_progress(self, mine: Callable[[], set[int]], most_ahead: int) -> None:
        """Ends the process when one of its partitions stands still; `mine` gives their numbers, `most_ahead` how many
        messages may have their turn before those of one."""
        await self._ready.wait()
        bootstrap = self._settings.kafka or ""
        await Watchdog(self._engine, bootstrap, mine, lambda why: _end(why, None), most_ahead).watch()

    async def _handle(self, records: Sequence[JournalRecord]) -> None:
        groups, begun = await self._begin(_by_partition(records))
        together: list[JournalRecord] = []
        for at, group in groups.items():
            tried = begun[at]
            if tried.attempts > MAX_ATTEMPTS and tried.careful_until < group[0].offset:
                log.error("batch_killed_worker", topic=at[0], partition=at[1], attempts=tried.attempts - 1)
                await self._go_carefully(at, group[-1].offset)
                tried = replace(tried, attempts=1, careful_until=group[-1].offset)
            alone = [r for r in group if r.offset <= tried.careful_until]
            await self._one_by_one(alone, tried.attempts)
            together += group[len(alone) :]
        if together:
            await self._register_or_halve(together)

    async def _one_by_one(self, records: Sequence[JournalRecord], attempts: int) -> None:
        for record in records:
            if record is not records[0]:
                _, begun = await self._begin({record.at: [record]})
                if record.at not in begun:
                    continue
                attempts = begun[record.at].attempts
            if attempts > MAX_ATTEMPTS:
                detail = f"Its registration was begun {MAX_ATTEMPTS} times and never came to an end; set aside unread."
                await self._set_aside(Unreadable(record, "killed_worker", detail))
            else:
                await self._register_or_halve([record])

    async def _begin(self, groups: Groups) -> tuple[Groups, dict[Partition, Attempt]]:
        """What of a batch is not registered yet, and how often each partition's part of it was begun."""

        async def begin() -> dict[Partition, Attempt]:
            async with transaction(self._engine) as connection:
                return await journal_progress.begin(
                    connection, {at: [record.offset for record in group] for at, group in groups.items()}
                )

        begun = await self._patiently(begin)
        left = {at: [r for r in groups[at] if r.offset >= tried.first] for at, tried in begun.items()}
        return left, begun

    async def _take_back(self, partitions: set[Partition]) -> None:
        """Only what kills the process without a word is held against a message."""
        try:
            async with asyncio.timeout(TAKE_BACK_SECONDS), transaction(self._engine) as connection:
                await journal_progress.take_back(connection, partitions)
        except Exception as error:
            log.warning("attempt_not_taken_back", error=type(error).__name__)

    async def _go_carefully(self, at: Partition, until: int) -> None:
        async def note() -> None:
            async with transaction(self._engine) as connection:
                await journal_progress.go_carefully(connection, at, until)

        await self._patiently(note)

    async def _register_or_halve(self, records: Sequence[JournalRecord]) -> None:
        """Registers a batch; where one of its messages is at fault, finds that one and sets it aside."""
        found = [read(record) for record in records]
        entries = [f for f in found if isinstance(f, JournalEntry)]
        unreadable = [f for f in found if isinstance(f, Unreadable)]
        try:
            await self._patiently(lambda: self._commit(entries, unreadable), divisible=len(records) > 1)
        except Exception as error:
            if isinstance(error, JournalSkippedError):
                raise
            if not isinstance(error, TooMuch) and not is_about_data(error):
                raise
            if len(records) == 1:
                log.error(
                    "message_set_aside",
                    error=type(error).__name__,
                    where=where(error),
                    topic=records[0].topic,
                    partition=records[0].partition,
                    offset=records[0].offset,
                )
                await self._set_aside(failed(records[0], entries[0].message if entries else None, error))
                return
            middle = len(records) // 2
            await self._register_or_halve(records[:middle])
            await self._register_or_halve(records[middle:])

    async def _set_aside(self, item: Unreadable) -> None:
        await self._patiently(lambda: self._commit([], [item]))

    async def _commit(self, entries: Sequence[JournalEntry], unreadable: Sequence[Unreadable]) -> None:
        """One transaction: watermark, effects, what is set aside. Done before is dropped by the watermark."""
        now = clock.now()
        places = [((e.topic, e.partition), e.offset) for e in entries] + [
            (u.record.at, u.record.offset) for u in unreadable
        ]
        with metrics.BATCH_SECONDS.time():
            async with transaction(self._engine) as connection:
                done = await journal_progress.lock_watermarks(connection, list({at for at, _ in places}))
                _let_none_be_passed_over(done, places)
                new_entries = [e for e in entries if e.offset > done[(e.topic, e.partition)]]
                new_unreadable = [u for u in unreadable if u.record.offset > done[u.record.at]]
                outcome = await register(
                    connection,
                    new_entries,
                    self._directory.current,
                    self._settings.stacking_policy,
                    self._vault,
                    now,
                    tell_all=self._settings.operator_notices == "all",
                )
                await set_aside(connection, self._vault, new_unreadable, now)
                last = dict(done)
                for at, offset in places:
                    last[at] = max(last[at], offset)
                await journal_progress.raise_watermarks(connection, last)
        for name, count in outcome.registered.items():
            metrics.REGISTERED.labels(outcome=name).inc(count)
        for item in new_unreadable:
            metrics.QUARANTINED.labels(code=item.code).inc()

    async def _patiently(self, action: Callable[[], Awaitable[T]], *, divisible: bool = False) -> T:
        """Tries again, for as long as it takes, while PostgreSQL is away or asks for another try."""
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                return await action()
            except Unavailable as error:
                if divisible and isinstance(error, TooMuch):
                    raise
                log.warning("waiting_for_database", reason=str(error), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def _by_partition(records: Sequence[JournalRecord]) -> Groups:
    groups: Groups = {}
    for record in sorted(records, key=lambda record: record.offset):
        groups.setdefault(record.at, []).append(record)
    return groups


def _let_none_be_passed_over(done: Mapping[Partition, int], places: Iterable[tuple[Partition, int]]) -> None:
    """Raises `JournalSkippedError` where what is new of a partition does not follow what is done without a gap.

    PostgreSQL can go back under a running worker, when a replica takes over that did not have the last commits yet.
    """
    new: dict[Partition, set[int]] = {}
    for at, offset in places:
        if offset > done[at]:
            new.setdefault(at, set()).add(offset)
    for at, offsets in new.items():
        if len(offsets) != max(offsets) - done[at]:
            raise JournalSkippedError(
                f"partition {at[1]} of {at[0]} is registered up to offset {done[at]}, and what comes next is not the"
                " next message"
            )


def _end(reason: str, error: Exception | None) -> NoReturn:
    """Ends the process at once. An orderly stop would let Faust acknowledge what it holds."""
    # Texts of other errors may quote a household's data; the hub's own are written for whoever reads the log.
    said = {"sentence": str(error)} if isinstance(error, HubError) else {}
    log.critical(reason, exc_info=error, **said)
    os._exit(EXIT_CODE)
