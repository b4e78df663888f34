"""A register of the first version becomes one of this: assets keep their ids, and it follows from the journal."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hub.services import directory
from hub.services.registration.backfill import backfill
from registry_store import migrate
from registry_store.engine import Engine, connect
from streams.rebuild import database_beside
from streams.records import JournalRecord
from tests.support import earlier, register
from tests.support.long_run import SCENARIOS, LongRun, asked_about, disputed, named_by_its_operator, ruled
from tests.support.notifications import T0
from tests.support.rebuilding import a_worker, named, rebuilt_beside, register_in_batches

UNKNOWN_TO_THE_FIRST = (disputed, ruled, named_by_its_operator, asked_about)
"""The first version knew no disputes, no decisions of people, and no answers of an enquiry service."""


@pytest.fixture
def records() -> list[JournalRecord]:
    scenarios = tuple(s for s in SCENARIOS if s not in UNKNOWN_TO_THE_FIRST)
    return LongRun(5, homes=3, scenarios=scenarios).records()


@pytest.fixture
async def old(empty_database: str) -> AsyncIterator[Engine]:
    """A database that the first version will have filled."""
    made = connect(empty_database)
    yield made
    await made.dispose()


async def told(engine: Engine, database: str, records: list[JournalRecord]) -> None:
    async with a_worker(database) as worker:
        await register_in_batches(worker, engine, records, 5)


async def bring_up(engine: Engine) -> int:
    """As `hub prepare` does it."""
    await migrate.migrate(engine)
    return await backfill(engine, await directory.load(engine), "evidence_only", T0)


async def clusters(engine: Engine) -> dict[UUID, frozenset[tuple[str, str]]]:
    found: dict[UUID, set[tuple[str, str]]] = {}
    for row in await register.sightings(engine):
        found.setdefault(row.asset_id, set()).add((row.source, row.reference))
    return {asset_id: frozenset(members) for asset_id, members in found.items()}


async def test_sightings_are_worked_out_and_assets_keep_their_ids(
    engine: Engine, database: str, old: Engine, empty_database: str, records: list[JournalRecord]
) -> None:
    await told(engine, database, records)
    ids = await earlier.as_first_version(engine, empty_database)
    assert await bring_up(old) == len(await register.sightings(engine))
    assert await clusters(old) == {ids[asset_id]: members for asset_id, members in (await clusters(engine)).items()}
    assert {row.asset_id for row in await register.assets(old)} == set(ids.values())
    assert await register.keys(old) == await register.keys(engine)
    assert await bring_up(old) == 0


async def test_a_register_that_was_brought_up_is_rebuilt_equal(
    engine: Engine, database: str, old: Engine, empty_database: str, records: list[JournalRecord]
) -> None:
    await told(engine, database, records)
    await earlier.as_first_version(engine, empty_database)
    await bring_up(old)
    async with database_beside(empty_database, T0, keep=False) as url:
        assert named(await rebuilt_beside(old, url, records)) == []


async def test_what_the_first_version_held_for_two_becomes_one_that_both_ids_lead_to(
    engine: Engine, database: str, old: Engine, empty_database: str, records: list[JournalRecord]
) -> None:
    await told(engine, database, records)
    ids = await earlier.as_first_version(engine, empty_database)
    shared, members = next((a, m) for a, m in (await clusters(engine)).items() if len(m) > 1)
    source, reference = max(members)
    kept, other = ids[shared], UUID(str(uuid7()))
    values = {"kept": kept, "other": other, "source": source, "reference": reference}
    for statement in (
        "INSERT INTO asset SELECT (jsonb_populate_record(a, jsonb_build_object('asset_id', CAST(:other AS uuid),"
        " 'state', a.state || jsonb_build_object('asset_id', CAST(:other AS uuid))))).* FROM asset a"
        " WHERE asset_id = :kept",
        "UPDATE source_claim SET asset_id = :other WHERE source = :source AND sender_asset_ref = :reference",
    ):
        await register.run(old, statement, **values)
    await bring_up(old)
    assert (await clusters(old))[kept] == members
    assert {row.asset_id: row.merged_into for row in await register.all_assets(old)}[other] == kept
