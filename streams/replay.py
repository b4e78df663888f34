"""A replay of the journal into an empty register, with what the present register noted of each message.

Every message gets its effect as it had it: at the moment that was noted, on the evidence that was noted. What had none
has none again.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hub.errors import Unavailable
from hub.rules.stacking import Policy
from hub.services.audit.vault import Vault
from hub.services.directory import Directory
from hub.services.rebuild.recorded import Recorded
from hub.services.registration import admission, audit
from hub.services.registration.batch import register
from hub.services.registration.entry import JournalEntry
from registry_store import outbox, quarantine, recorded
from registry_store.engine import Connection, Engine, is_about_data, transaction
from registry_store.recorded import Noted
from schemas.records.journal import QuarantineRow
from streams.journal_reader import Journal
from streams.records import JournalRecord, Unreadable, read
from streams.set_aside import failed, set_aside

BATCH = 500
CLEAR_EVERY = 50
"""Batches after which what would have gone out is thrown away."""
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Turn:
    """One journal record, when it is its turn, and what is to become of it: nothing for what only repeats another.

    `at` never goes back within a partition.
    """

    record: JournalRecord
    at: datetime
    item: JournalEntry | Unreadable | QuarantineRow | None
    now: datetime


Order = Callable[[Turn], Any]
"""Which of the partitions' next turns is taken: the least."""


def as_recorded(turn: Turn) -> tuple[datetime, int]:
    """In the order in which the present register noted them."""
    return turn.at, turn.record.number


@dataclass(frozen=True)
class Means:
    """With what messages are registered, apart from what is recorded of them."""

    directory: Directory
    policy: Policy
    vault: Vault


@dataclass
class _Partition:
    """The next turns of one partition."""

    number: int
    turns: deque[Turn] = field(default_factory=deque)
    latest: datetime = _BEGINNING
    ended: bool = False


class Replay:
    """Registers into `rebuilt` what `journal` holds, as `present` recorded it."""

    def __init__(
        self, rebuilt: Engine, present: Connection, journal: Journal, means: Means, order: Order = as_recorded
    ) -> None:
        self._rebuilt = rebuilt
        self._present = present
        self._journal = journal
        self._means = means
        self._order = order
        self._recorded = Recorded(present)
        self._batches = 0

    async def run(self, progress: Callable[[int], None]) -> int:
        """To the end; says how many records there were. `progress` is told as it goes on. Raises `Unavailable`."""
        done = 0
        batch: list[Turn] = []
        partitions = [_Partition(number) for number in sorted(self._journal.ends)]
        while (turn := await self._next(partitions)) is not None:
            done += 1
            progress(done)
            if turn.item is None:
                continue
            if batch and (turn.now != batch[0].now or len(batch) == BATCH):
                await self._take(batch)
                batch = []
            batch.append(turn)
        await self._take(batch)
        await self._clear()
        return done

    async def _next(self, partitions: Sequence[_Partition]) -> Turn | None:
        for partition in partitions:
            if not partition.turns and not partition.ended:
                await self._fill(partition)
        heads = [partition for partition in partitions if partition.turns]
        if not heads:
            return None
        return min(heads, key=lambda p: self._order(p.turns[0])).turns.popleft()

    async def _fill(self, partition: _Partition) -> None:
        records = await self._journal.page(partition.number)
        partition.ended = not records
        found = [(record, read(record)) for record in records]
        entries = [item for _, item in found if isinstance(item, JournalEntry)]
        noted = await recorded.effects(self._present, [(e.key, _reference(e)) for e in entries])
        aside = await recorded.set_aside(self._present, [(r.number, r.offset) for r in records])
        for record, item in found:
            place = record.number, record.offset
            known = noted.get((item.key, _reference(item))) if isinstance(item, JournalEntry) else None
            had_effect = known is not None and known.place == place
            now = (known.recorded_at if known and had_effect else None) or record.received_at
            partition.latest = max(partition.latest, now)
            becomes = item if had_effect else _without_effect(record, item, known, aside.get(place))
            partition.turns.append(Turn(record, partition.latest, becomes, now))

    async def _take(self, batch: Sequence[Turn]) -> None:
        """One transaction. Where a message of it cannot be registered, one for each, and that one is set aside."""
        if not batch:
            return
        try:
            await self._commit(batch)
        except Unavailable:
            raise
        except Exception as error:
            if not is_about_data(error):
                raise
            if len(batch) > 1:
                for turn in batch:
                    await self._take([turn])
            elif isinstance(item := batch[0].item, JournalEntry):
                await self._commit([replace(batch[0], item=failed(batch[0].record, item.message, error))])
            else:
                raise

    async def _commit(self, batch: Sequence[Turn]) -> None:
        means, now = self._means, batch[0].now
        entries = [turn.item for turn in batch if isinstance(turn.item, JournalEntry)]
        rows = [turn.item for turn in batch if isinstance(turn.item, QuarantineRow)]
        unreadable = [turn.item for turn in batch if isinstance(turn.item, Unreadable)]
        async with transaction(self._rebuilt) as connection:
            await register(connection, entries, means.directory, means.policy, means.vault, now, self._recorded.recall)
            await set_aside(connection, means.vault, unreadable, now)
            await audit.append(connection, means.vault, (), await quarantine.put(connection, rows), now)
        self._batches += 1
        if self._batches % CLEAR_EVERY == 0:
            await self._clear()

    async def _clear(self) -> None:
        """All of this was told when it happened; a relay on the rebuilt register would tell it again."""
        async with transaction(self._rebuilt) as connection:
            await outbox.clear(connection)


def _reference(entry: JournalEntry) -> tuple[str, str]:
    return entry.notification.source, entry.notification.sender_asset_ref


def _without_effect(
    record: JournalRecord, item: JournalEntry | Unreadable, known: Noted | None, aside: QuarantineRow | None
) -> JournalEntry | Unreadable | QuarantineRow | None:
    """What becomes of a record that had no effect here; `known` says where its message had one instead, if anywhere.

    One that had none at all, and is not set aside, is registered: the comparison then names it.
    """
    if isinstance(item, Unreadable):
        return item
    if aside is not None:
        # Which of two messages with one id is the reused one is a matter of who came first.
        return aside if aside.code == admission.REUSED else Unreadable(record, aside.code, aside.detail, item.message)
    return None if known is not None and known.body_sha256 == item.body_sha256 else item
