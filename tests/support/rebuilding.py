"""A register made of a long run, and the same journal replayed beside it."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

from sqlalchemy import text

from hub.services import directory
from hub.services.audit.vault import Vault
from hub.services.rebuild import comparison
from hub.services.rebuild.comparison import Compared
from hub.services.registration.entry import JournalEntry
from hub.settings import Settings
from registry_store.engine import Engine, connect, repeatable_read, transaction
from registry_store.journal_progress import Partition
from schemas import topics
from streams.guard import Guard
from streams.rebuild import Rebuilt, Watcher, replay_and_compare
from streams.records import JournalRecord, read
from streams.replay import Means, Order, as_recorded
from tests.support import door
from tests.support.people import CONSENT


@asynccontextmanager
async def a_worker(url: str) -> AsyncIterator[Guard]:
    """A worker's guard that has read the directory once, and has no Kafka to ask."""
    made = Guard(Settings(database=url, secret=door.SECRET))
    try:
        await made._directory.start()
        await made._vault.start(made._engine)
        made._ready.set()
        yield made
    finally:
        await made._engine.dispose()


class ToldJournal:
    """The journal in memory, in small pages."""

    def __init__(self, records: Sequence[JournalRecord]) -> None:
        self.ends: Mapping[int, int] = {r.number: r.offset for r in records}
        self._left = {number: [r for r in records if r.number == number] for number in self.ends}

    async def page(self, partition: int) -> list[JournalRecord]:
        left = self._left[partition]
        page, self._left[partition] = left[:7], left[7:]
        return page


async def register_in_batches(guard: Guard, engine: Engine, records: Sequence[JournalRecord], seed: int) -> None:
    """Through the worker's guard, in batches of any size; half way through registry and consent service move on."""
    random = Random(seed)
    left = list(records)
    world_moves_at = len(left) // 2
    while left:
        size = random.randint(1, 25)
        await guard.handle(left[:size])
        if len(left) > world_moves_at >= len(left) - size:
            await move_the_world(engine)
        del left[:size]


def released(records: Sequence[JournalRecord], keys: Collection[tuple[str, str]]) -> list[JournalRecord]:
    """The same messages once more, at the end of their partitions, as an administrator's release puts them there."""
    ends = {record.at: record.offset for record in records}
    found = []
    for record in records:
        item = read(record)
        if isinstance(item, JournalEntry) and item.key in keys:
            ends[record.at] += 1
            found.append(replace(record, offset=ends[record.at], timestamp=record.timestamp + 3600))
    return found


def over_both_lanes(records: Sequence[JournalRecord], seed: int, window: int = 40) -> list[JournalRecord]:
    """The same messages, each by chance in one of the journal's lanes, and in the order in which a worker takes them
    that has so many at once: live before bulk."""
    dice, ends, found = Random(seed), Counter[Partition](), list[JournalRecord]()
    for start in range(0, len(records), window):
        lanes: dict[str, list[JournalRecord]] = {topic: [] for topic in topics.JOURNAL}
        for record in records[start : start + window]:
            topic = dice.choice(topics.JOURNAL)
            lanes[topic].append(replace(record, topic=topic, offset=ends[topic, record.partition]))
            ends[topic, record.partition] += 1
        found += [record for lane in lanes.values() for record in lane]
    return found


async def move_the_world(engine: Engine) -> None:
    """What was answered before would be answered otherwise now."""
    async with transaction(engine) as connection:
        await connection.execute(text("DELETE FROM meter_point WHERE uprn = '1000000002'"))
        await connection.execute(text("UPDATE meter_point SET gsp_group = '_P' WHERE uprn = '1000000001'"))
        await connection.execute(
            text("UPDATE consent SET status = 'WITHDRAWN' WHERE reference = :reference"), {"reference": CONSENT}
        )
        await connection.execute(text("UPDATE participant SET kind = 'platform' WHERE id = 'installer-2'"))
        await connection.execute(text("UPDATE directory_revision SET revision = revision + 1"))


async def rebuilt_beside(
    present: Engine, empty_url: str, records: Sequence[JournalRecord], order: Order = as_recorded
) -> Rebuilt:
    """Replays into an empty database and compares."""
    rebuilt = connect(empty_url, pool_size=3)
    try:
        async with repeatable_read(present) as connection:
            means = Means(await directory.load(present), "evidence_only", Vault(door.SECRET))
            return await replay_and_compare(connection, rebuilt, ToldJournal(records), means, SILENT, order)
    finally:
        await rebuilt.dispose()


async def compared_with(present: Engine, rebuilt_url: str) -> list[str]:
    """The differences from a register that was rebuilt before, in words."""
    rebuilt = connect(rebuilt_url, pool_size=1)
    try:
        async with repeatable_read(present) as one, repeatable_read(rebuilt) as other:
            return _named(await comparison.compare(one, other, SILENT.says))
    finally:
        await rebuilt.dispose()


SILENT = Watcher(lambda _done, _total: None, lambda _sentence: None)


def named(found: Rebuilt) -> list[str]:
    """Every difference in words."""
    return _named(found.subjects)


def _named(subjects: Sequence[Compared]) -> list[str]:
    return [d.sentence(with_values=True) for subject in subjects for d in subject.differences]
