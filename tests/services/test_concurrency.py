"""Two workers that meet on one device through different partitions."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub.rules.forms.cluster import PERHAPS
from hub.services.registration import peers
from hub.services.registration.batch import register as register_batch
from registry_store.engine import Engine, transaction
from schemas.asset import ExternalId
from schemas.notifications import Notification
from schemas.vocabulary import AssetCategory
from tests.support import people, register
from tests.support.journal import JournalBuilder
from tests.support.notifications import a_battery, a_device
from tests.support.premises import FLAT, NEIGHBOUR, Premises

PANELS: dict[str, Any] = {"asset_category": AssetCategory.SOLAR_PV, "rated_capacity_kw": Decimal(3), "phases": 1}
EVSE = (ExternalId(scheme="EVSE", issuer="registry", value="GB*EVS*1"),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_device("installer-1", "I1"), a_device("oem-1", "O1")),
        (a_battery("installer-1", "I1", external_ids=EVSE), a_battery("platform-1", "P1", external_ids=EVSE)),
    ],
    ids=["maker and serial", "an external id"],
)
async def test_one_device_told_to_two_workers_at_once_is_one_asset(
    engine: Engine, journal: JournalBuilder, one: Notification, other: Notification
) -> None:
    first, second = journal.entry(one), journal.entry(other)
    keys = await register.vault(engine)
    async with transaction(engine) as connection:
        await register_batch(connection, [first], people.directory(), "evidence_only", keys, first.received_at)
        # The second begins while the first is not committed, and has to wait for it.
        waiting = asyncio.create_task(register.put(engine, [second]))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting
    assert len(await register.assets(engine)) == 1
    assert len(await register.claims(engine)) == 2


async def test_what_has_nothing_in_common_does_not_wait(engine: Engine, journal: JournalBuilder) -> None:
    first = journal.entry(a_device("installer-1", "I1"))
    second = journal.entry(
        a_device("oem-1", "O1", serial="SN-OTHER-1", manufacturer="Another Works", location=FLAT.location())
    )
    # Two workers never share a partition.
    second = replace(second, partition=first.partition + 1)
    keys = await register.vault(engine)
    async with transaction(engine) as connection:
        await register_batch(connection, [first], people.directory(), "evidence_only", keys, first.received_at)
        await register.put(engine, [second])
    assert len(await register.assets(engine)) == 2


async def test_works_near_each_other_wait_only_at_the_end_and_know_of_each_other(
    engine: Engine, journal: JournalBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = journal.entry(a_battery(ref="first", **PANELS))
    elsewhere = Premises("10", 77, "_A", postcode="CB1 2XY").location()
    second = replace(journal.entry(a_battery(ref="second", **PANELS, location=elsewhere)), partition=7)
    keys = await register.vault(engine)
    looked = asyncio.Event()
    look_again = peers.look_again

    async def noted(*told: Any) -> Any:
        looked.set()
        return await look_again(*told)

    async with transaction(engine) as connection:
        await register_batch(connection, [first], people.directory(), "evidence_only", keys, first.received_at)
        monkeypatch.setattr(peers, "look_again", noted)
        waiting = asyncio.create_task(register.put(engine, [second]))
        # It has decided about everything by then, and has not seen the first, which is not committed.
        await asyncio.wait_for(looked.wait(), 10)
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting
    states = await register.states(engine)
    assert [[c.rule_id for c in s.concerns if c.rule_id.startswith("G98-CLUSTER")] for s in states] == [[PERHAPS]] * 2


async def test_many_workers_in_any_order_make_one_asset_of_each_device(engine: Engine) -> None:
    senders = ("installer-1", "oem-1", "platform-1", "installer-2")
    batches = []
    for shift, sender in enumerate(senders):
        told = [a_device(sender, f"{sender}-{n}", serial=f"SN-00000{n}") for n in range(6)]
        entries = JournalBuilder().entries(*told[shift:], *told[:shift])
        # Two workers never share a partition.
        batches.append([replace(e, partition=shift, offset=offset) for offset, e in enumerate(entries)])
    await asyncio.gather(*(register.put(engine, batch) for batch in batches))
    assert len(await register.assets(engine)) == 6
    assert {s.sources for s in await register.states(engine)} == {tuple(sorted(senders))}


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        (a_battery("installer-2", "other", **PANELS), "G98-CEILING"),
        (a_battery(ref="other", **PANELS, location=NEIGHBOUR.location()), "G98-CLUSTER"),
    ],
    ids=["one meter point", "one installer, two homes"],
)
async def test_neighbours_told_of_at_once_know_of_each_other(
    engine: Engine, journal: JournalBuilder, other: Notification, rule: str
) -> None:
    one = a_battery(phases=1, rated_capacity_kw=3)
    await asyncio.gather(*(register.put(engine, [journal.entry(notice)]) for notice in (one, other)))
    for state in await register.states(engine):
        assert rule in {concern.rule_id for concern in state.concerns}
