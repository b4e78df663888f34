"""The register follows from the journal and what was noted: replayed it is equal, changed by hand it is named."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from hub.services import journal_identity
from hub.services.registration import resolve
from hub.services.registration.entry import JournalEntry
from hub.settings import Settings
from registry_store.engine import Engine
from streams.guard import Guard
from streams.replay import Turn
from tests.streams import dying
from tests.support import door, register
from tests.support.long_run import GUILTY, LongRun
from tests.support.rebuilding import named, rebuilt_beside, register_in_batches


@pytest.fixture(autouse=True)
def the_journal_is_the_one_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_identity, "check", dying.the_journal_is_the_one_of_before)


@pytest.fixture
def guilty_are_refused(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The registration fails with some messages, until it is mended by calling this."""
    usual = resolve.decide

    def decide(entry: JournalEntry, *others: Any) -> Any:
        if getattr(entry.notification, "asset_name", None) == GUILTY:
            raise KeyError(GUILTY)
        return usual(entry, *others)

    monkeypatch.setattr(resolve, "decide", decide)
    return lambda: monkeypatch.setattr(resolve, "decide", usual)


@pytest.fixture
async def guard(database: str) -> AsyncIterator[Guard]:
    made = Guard(Settings(database=database, secret=door.SECRET))
    await made._directory.start()
    await made._vault.start(made._engine)
    made._ready.set()
    yield made
    await made._engine.dispose()


def partition_by_partition(turn: Turn) -> int:
    return turn.record.partition


def last_partition_first(turn: Turn) -> int:
    return -turn.record.partition


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_long_mixed_run_is_rebuilt_equal(
    guard: Guard, engine: Engine, empty_database: str, guilty_are_refused: Callable[[], None], seed: int
) -> None:
    records = LongRun(seed).records()
    await register_in_batches(guard, engine, records, seed)
    found = await rebuilt_beside(engine, empty_database, records)
    assert named(found) == []
    assert (found.equal, found.messages) == (True, len(records))
    assert found.assets == len(await register.assets(engine))


@pytest.mark.parametrize("order", [partition_by_partition, last_partition_first])
async def test_any_order_between_partitions_ends_in_the_same_register(
    guard: Guard,
    engine: Engine,
    empty_database: str,
    guilty_are_refused: Callable[[], None],
    order: Callable[[Turn], int],
) -> None:
    records = LongRun(7).records()
    await register_in_batches(guard, engine, records, 7)
    assert named(await rebuilt_beside(engine, empty_database, records, order)) == []
