"""One source's messages on one asset that two workers have at one moment, each of another lane."""

import asyncio

import pytest

from hub.services.registration.batch import register as register_batch
from registry_store.engine import Engine, transaction
from schemas import topics
from schemas.notifications import Notification
from schemas.vocabulary import ReceiptOutcome
from tests.support import people, register
from tests.support.journal import JournalBuilder
from tests.support.notifications import T0, a_battery, an_update

LIVE, BULK = topics.JOURNAL
COMMISSIONED = a_battery(source_seq=1)
PHASES = an_update(phases=3, source_seq=2)
STORAGE = an_update(storage_energy_kwh="9.50", source_seq=3)


@pytest.mark.parametrize(
    ("before", "first", "second"),
    [
        ((), COMMISSIONED, PHASES),
        ((), PHASES, COMMISSIONED),
        ((COMMISSIONED,), PHASES, STORAGE),
        ((COMMISSIONED,), STORAGE, PHASES),
    ],
    ids=["commissioned, then updated", "updated, then commissioned", "updated twice", "updated twice, the later first"],
)
async def test_what_another_worker_has_just_registered_of_the_other_lane_counts(
    engine: Engine, before: tuple[Notification, ...], first: Notification, second: Notification
) -> None:
    bulk, live = JournalBuilder(topic=BULK), JournalBuilder(topic=LIVE)
    for told in before:
        await register.put(engine, [bulk.entry(told)], now=T0)
    one, other = bulk.entry(first), live.entry(second)
    keys = await register.vault(engine)
    async with transaction(engine) as connection:
        await register_batch(connection, [one], people.directory(), "evidence_only", keys, T0)
        waiting = asyncio.create_task(register.put(engine, [other], now=T0))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting
    (state,) = await register.states(engine)
    assert state.phases == 3
    if before:
        assert str(state.storage_energy_kwh) == "9.50"
    outcomes = {receipt.outcome for receipt in (await register.receipts(engine)).values()}
    assert outcomes <= {ReceiptOutcome.REGISTERED, ReceiptOutcome.UPDATED}, "nothing waits for what is there"
