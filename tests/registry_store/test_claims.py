"""What a source says again is kept message by message, so that the past stays what it was."""

from datetime import timedelta

from registry_store import claims
from registry_store.engine import Engine, transaction
from tests.support import register
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, YESTERDAY, a_device

AN_HOUR = timedelta(hours=1)


async def test_every_repeat_is_kept_and_the_claim_has_the_newest(engine: Engine, journal: JournalBuilder) -> None:
    said = [a_device(occurred_at=YESTERDAY + n * AN_HOUR) for n in range(4)]
    first, *again = [journal.entry(notice, message_id(f"said-{n}")) for n, notice in enumerate(said)]
    await register.put(engine, [first, again[0]])
    await register.put(engine, again[1:], now=T0 + AN_HOUR)

    (claim,) = await register.claims(engine)
    async with transaction(engine) as connection:
        found = await claims.repeats(connection, [claim.claim_id])
    assert [(r.message_id, r.said_until, r.recorded_at) for r in found] == [
        (message_id("said-1"), said[1].occurred_at, T0),
        (message_id("said-2"), said[2].occurred_at, T0 + AN_HOUR),
        (message_id("said-3"), said[3].occurred_at, T0 + AN_HOUR),
    ]
    assert (claim.occurred_at, claim.said_until) == (said[0].occurred_at, said[3].occurred_at)


async def test_what_is_older_than_what_was_said_last_is_no_repeat(engine: Engine, journal: JournalBuilder) -> None:
    told = [a_device(occurred_at=YESTERDAY), a_device(occurred_at=YESTERDAY - AN_HOUR)]
    await register.put(engine, journal.entries(*told))

    found = await register.claims(engine)
    async with transaction(engine) as connection:
        assert await claims.repeats(connection, [claim.claim_id for claim in found]) == []
    assert len(found) == 2
