"""The register follows from the journal and what was noted: replayed it is equal, changed by hand it is named."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from hub.services.registration import resolve
from hub.services.registration.entry import JournalEntry
from registry_store.engine import Engine
from schemas import topics
from schemas.findings import FINDINGS
from schemas.notifications import NOTIFICATIONS
from streams.guard import Guard
from streams.rebuild import NotEmptyError, database_beside
from streams.records import JournalRecord, read
from streams.replay import Turn
from tests.support import register
from tests.support.long_run import (
    GUILTY,
    LongRun,
    asked_about,
    joined_and_then_apart,
    ruled,
    told_by_several,
    without_serial_and_then_with,
)
from tests.support.notifications import T0
from tests.support.rebuilding import (
    a_worker,
    compared_with,
    named,
    over_both_lanes,
    rebuilt_beside,
    register_in_batches,
    released,
)


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
    async with a_worker(database) as made:
        yield made


def partition_by_partition(turn: Turn) -> int:
    return turn.record.partition


def last_partition_first(turn: Turn) -> int:
    return -turn.record.partition


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.faults) for seed in range(3, 11))])
async def test_a_long_mixed_run_is_rebuilt_equal(
    guard: Guard, engine: Engine, empty_database: str, guilty_are_refused: Callable[[], None], seed: int
) -> None:
    records = LongRun(seed).records()
    await register_in_batches(guard, engine, records, seed)
    held = [q for q in await register.quarantine(engine) if q.code == "registration_failed"]
    guilty_are_refused()
    records += released(records, {(q.participant or "", q.message_id or "") for q in held[::2]})
    await guard.handle(records[-len(held[::2]) :])
    found = await rebuilt_beside(engine, empty_database, records)
    assert named(found) == [], "\n".join(named(found))
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
    records = LongRun(7, homes=3).records()
    await register_in_batches(guard, engine, records, 7)
    found = named(await rebuilt_beside(engine, empty_database, records, order))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.faults) for seed in range(2, 8))])
async def test_a_run_over_both_lanes_in_which_live_messages_overtake_others_is_rebuilt_equal(
    guard: Guard, engine: Engine, empty_database: str, guilty_are_refused: Callable[[], None], seed: int
) -> None:
    records = over_both_lanes(LongRun(seed, homes=2).records(), seed)
    await register_in_batches(guard, engine, records, seed)
    assert {row.journal_partition // topics.JOURNAL_PARTITIONS for row in await register.inbox(engine)} == {0, 1}
    found = await rebuilt_beside(engine, empty_database, records)
    assert named(found) == [], "\n".join(named(found))
    assert found.messages == len(records)


def test_a_long_run_holds_messages_of_every_kind() -> None:
    told = (read(record) for record in LongRun(1).records())
    kinds = {type(item.notification) for item in told if isinstance(item, JournalEntry)}
    assert kinds == {*NOTIFICATIONS, *FINDINGS}


# What the replay itself draws on.
EVIDENCE_CHANGED_BY_HAND = {
    "a missing claim": (
        "DELETE FROM source_claim WHERE claim_id = (SELECT claim_id FROM source_claim WHERE source = 'oem-1'"
        " AND notification = 'AssetCommissioned' ORDER BY message_id LIMIT 1)",
        "claim of oem-1 by message {message} of oem-1 follows from the journal and is missing in the register",
    ),
    "a claim of nobody": (
        'INSERT INTO source_claim SELECT (jsonb_populate_record(c, \'{"claim_id":'
        ' "00000000-0000-0000-0000-000000000001", "message_id": "by-hand"}\')).* FROM source_claim c'
        " WHERE message_id = :message",
        "claim of oem-1 by message by-hand of oem-1 is in the register and does not follow from the journal",
    ),
    "a message without effect": (
        "DELETE FROM inbox WHERE message_id = :message",
        "message {message} of oem-1 follows from the journal and is missing in the register",
    ),
}
CHANGED_BY_HAND = {
    "a field of an asset": (
        "UPDATE asset SET state = jsonb_set(state, '{model}', '\"M-by-hand\"') WHERE asset_id = :asset",
        "asset {asset}: state.model is ",
    ),
    "a moved sighting": (
        "UPDATE sighting SET asset_id = :asset WHERE (source, reference) = (SELECT source, reference FROM sighting"
        " WHERE asset_id <> :asset AND source = 'oem-2' ORDER BY reference LIMIT 1)",
        "asset_id is ",
    ),
    "a key that leads nowhere": (
        "INSERT INTO sighting_key VALUES ('serial', '', 'BYHAND1', 'oem-1', 'nobody')",
        "a key of the kind serial of oem-1 is in the register and does not follow from the journal",
    ),
    "an asset that leads elsewhere": (
        "UPDATE asset a SET merged_into = (SELECT b.asset_id FROM asset b WHERE b.merged_into IS NULL"
        " AND b.asset_id <> a.merged_into ORDER BY b.asset_id LIMIT 1) WHERE a.asset_id ="
        " (SELECT asset_id FROM asset WHERE merged_into IS NOT NULL ORDER BY asset_id LIMIT 1)",
        "id_leads_to is ",
    ),
    "the state of a last version": (
        "UPDATE asset_history SET state = jsonb_set(state, '{phases}', '7') WHERE asset_id = :asset"
        " AND version = (SELECT max(version) FROM asset_history WHERE asset_id = :asset)",
        "last version of asset {asset}: state.phases is 7 and rebuilt ",
    ),
}

TABLES = ("asset", "asset_history", "sighting", "sighting_key", "source_claim", "inbox")


MERGING = (told_by_several, without_serial_and_then_with, joined_and_then_apart, ruled)


@dataclass(frozen=True)
class ByHand:
    """A register in which single things are changed by hand, each put back after a look."""

    engine: Engine
    records: list[JournalRecord]
    asset: UUID
    message: str

    async def changed(self, what: str, look: Callable[[], Awaitable[list[str]]]) -> None:
        statement, sentence = (EVIDENCE_CHANGED_BY_HAND | CHANGED_BY_HAND)[what]
        await register.run(self.engine, statement, asset=self.asset, message=self.message)
        found = await look()
        assert any(sentence.format(asset=self.asset, message=self.message) in s for s in found), (what, found)
        await register.put_back(self.engine, *TABLES)


async def by_hand_after(run: LongRun, guard: Guard, engine: Engine) -> ByHand:
    records = run.records()
    await register_in_batches(guard, engine, records, 1)
    asset = (await register.assets(engine))[0].asset_id
    claims = [c for c in await register.claims(engine) if c.source == "oem-1" and c.notification == "AssetCommissioned"]
    await register.copies(engine, *TABLES)
    return ByHand(engine, records, asset, min(c.message_id for c in claims))


async def test_what_was_changed_by_hand_is_named(guard: Guard, engine: Engine, empty_database: str) -> None:
    by_hand = await by_hand_after(LongRun(1, homes=4, scenarios=MERGING), guard, engine)
    assert named(await rebuilt_beside(engine, empty_database, by_hand.records)) == []
    for what in CHANGED_BY_HAND:
        await by_hand.changed(what, lambda: compared_with(engine, empty_database))


async def test_evidence_that_was_changed_by_hand_is_named(guard: Guard, engine: Engine, database: str) -> None:
    by_hand = await by_hand_after(LongRun(1, homes=2, scenarios=(told_by_several, asked_about)), guard, engine)

    async def replayed() -> list[str]:
        async with database_beside(database, T0, keep=False) as url:
            return named(await rebuilt_beside(engine, url, by_hand.records))

    for what in EVIDENCE_CHANGED_BY_HAND:
        await by_hand.changed(what, replayed)


async def test_a_database_with_something_in_it_is_left_alone(engine: Engine, database: str) -> None:
    with pytest.raises(NotEmptyError, match="tables already"):
        await rebuilt_beside(engine, database, [])
