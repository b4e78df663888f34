"""Many rows in one statement, inside the caller's transaction."""

from uuid import UUID

import pytest

from registry_store import bulk, receipts, tables
from registry_store.engine import Engine, transaction
from schemas.records.journal import QuarantineRow
from schemas.records.outbound import FeedRow, ReceiptRow
from tests.support import register
from tests.support.notifications import T0


class GivenUpError(Exception):
    """The caller's transaction fails."""


async def test_rows_that_are_copied_first_go_with_a_failed_transaction(engine: Engine) -> None:
    with pytest.raises(GivenUpError):
        async with transaction(engine) as connection:
            await bulk.append(connection, tables.feed, [FeedRow(topic="t", last_seq=1, published_seq=0)])
            raise GivenUpError
    assert await register.feeds(engine) == {}


async def test_of_rows_with_one_key_the_later_one_stays(engine: Engine) -> None:
    for seq in (1, 2):
        async with transaction(engine) as connection:
            await bulk.upsert(connection, tables.feed, [FeedRow(topic="t", last_seq=seq, published_seq=0)])
    assert await register.feeds(engine) == {"t": 2}


async def test_no_rows_are_no_statement(engine: Engine) -> None:
    async with transaction(engine) as connection:
        await bulk.append(connection, tables.feed, [])
        await bulk.upsert(connection, tables.feed, [])
    assert await register.feeds(engine) == {}


@pytest.mark.parametrize("way", [bulk.append, bulk.upsert], ids=["append", "upsert"])
async def test_every_kind_of_value_comes_back_as_it_was(engine: Engine, way: object) -> None:
    row = QuarantineRow(
        quarantine_id="0197f9a0-0000-7000-8000-000000000001",
        door="webhook",
        participant=None,
        message_id='quotes " and \\ backslashes, \N{SNOWMAN}',
        code="payload_invalid",
        detail="line\nbreak\ttab",
        fields={"location.import_mpan": "is no MPAN", "nested": {"list": [1, None, True]}},
        envelope=bytes(range(256)),
        received_at=T0,
        journal_partition=2**40,
        journal_offset=0,
        released_at=None,
    )
    async with transaction(engine) as connection:
        await way(connection, tables.quarantine, [row])  # type: ignore[operator]
    assert await register.quarantine(engine) == [row]


async def test_lists_of_every_length_and_character_come_back_as_they_were(engine: Engine) -> None:
    reasons = [(), ("",), ("NULL", "a,b", "{c}"), ('"', "\\", '\\"', "line\nbreak", " ", "\N{SNOWMAN}")]
    rows = [
        ReceiptRow(
            participant="installer-1",
            message_id=str(n),
            outcome="registered",
            code=None,
            sender_asset_ref=None,
            asset_id=UUID(int=n),
            version=n,
            reasons=given,
            recorded_at=T0,
        )
        for n, given in enumerate(reasons)
    ]
    async with transaction(engine) as connection:
        await bulk.upsert(connection, tables.receipt, rows)
        found = await receipts.get(connection, "installer-1", [row.message_id for row in rows])
    assert sorted(found, key=lambda row: row.message_id) == rows


async def test_only_what_was_not_there_is_added_and_told(engine: Engine) -> None:
    async with transaction(engine) as connection:
        await bulk.upsert(connection, tables.feed, [FeedRow(topic="a", last_seq=1, published_seq=0)])
        rows = [FeedRow(topic="a", last_seq=7, published_seq=0), FeedRow(topic="b", last_seq=7, published_seq=0)]
        assert await bulk.add_new(connection, tables.feed, rows) == [("b",)]
    assert await register.feeds(engine) == {"a": 1, "b": 7}


async def test_rows_that_are_put_first_go_with_a_failed_transaction(engine: Engine) -> None:
    with pytest.raises(GivenUpError):
        async with transaction(engine) as connection:
            await bulk.upsert(connection, tables.feed, [FeedRow(topic="t", last_seq=1, published_seq=0)])
            raise GivenUpError
    assert await register.feeds(engine) == {}
