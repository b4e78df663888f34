"""Rows by the driver's own hand: as SQLAlchemy would give them, and in the caller's transaction."""

import pytest

from hub.errors import Unavailable
from registry_store import rows, sightings
from registry_store.engine import Engine, connect, transaction
from schemas.records.claims import SourceClaimRow
from schemas.records.sightings import SightingRow
from tests.support import register
from tests.support.journal import JournalBuilder
from tests.support.notifications import a_device


async def test_records_are_those_that_checked_rows_would_be(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(a_device()))
    for kind, all_of in ((SightingRow, "SELECT * FROM sighting"), (SourceClaimRow, "SELECT * FROM source_claim")):
        async with transaction(engine) as connection:
            (found,) = await rows.records(connection, kind, all_of)
        assert found == kind.model_validate(found.model_dump())
        assert found.model_dump(mode="json") == kind.model_validate(found.model_dump()).model_dump(mode="json")


async def test_what_the_first_statement_holds_is_held_until_the_transaction_ends(
    engine: Engine, journal: JournalBuilder
) -> None:
    await register.put(engine, journal.entries(a_device()))
    asked = "SELECT source, reference FROM sighting FOR UPDATE SKIP LOCKED"
    async with transaction(engine) as connection:
        ((source, reference),) = await rows.fetch(connection, asked)
    async with transaction(engine) as one, transaction(engine) as other:
        assert len(await sightings.lock(one, [(source, reference)])) == 1
        assert await rows.fetch(other, asked) == []


async def test_a_statement_that_takes_too_long_is_worth_another_try(engine: Engine) -> None:
    hasty = connect(engine.url.render_as_string(hide_password=False), statement_seconds=0.1)
    with pytest.raises(Unavailable):
        async with transaction(hasty) as connection:
            await rows.fetch(connection, "SELECT pg_sleep($1)", 5.0)
    async with transaction(hasty) as connection:
        assert await rows.fetch(connection, "SELECT 1")
    await hasty.dispose()
