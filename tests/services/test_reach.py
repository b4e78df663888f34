"""However long a chain of shared keys somebody makes, a batch reads a bounded part of the register."""

from dataclasses import replace

from hub.rules.matching import policy
from hub.services.registration import neighbours
from registry_store.engine import Engine, transaction
from schemas.asset import Location
from tests.support import register
from tests.support.journal import JournalBuilder
from tests.support.notifications import a_device

CHAIN, REACH = 40, 6


async def test_of_a_chain_no_more_is_read_than_shows_that_it_is_one(engine: Engine, journal: JournalBuilder) -> None:
    chain = [
        a_device(ref=f"b{n}", serial=f"SN-00{n // 2:05d}", location=Location(uprn=str(100_000_000 + (n + 1) // 2)))
        for n in range(CHAIN)
    ]
    await register.put(engine, journal.entries(*chain))
    end = ("installer-1", f"b{CHAIN - 1}")
    async with transaction(engine) as connection:
        whole = await neighbours.load_undecided(connection, policy.shipped(), [end])
    async with transaction(engine) as connection:
        part = await neighbours.load_undecided(connection, replace(policy.shipped(), reach=REACH), [end])
    assert len(whole.before) == CHAIN
    assert REACH < len(part.before) <= REACH + 3
