"""What the connection forms ask of an asset depends on what stands beside it, and not on which was told of first."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from registry_store import due_clocks
from registry_store.engine import Engine, connect, transaction
from schemas.notifications import AssetCommissioned, Notification
from schemas.records.assets import DueClockRow
from schemas.vocabulary import AssetCategory, AssetStatus, ClockKind, ReceiptOutcome
from tests.support import register
from tests.support.disputes import a_dispute
from tests.support.journal import JournalBuilder
from tests.support.notifications import (
    COMMISSIONED_ON,
    T0,
    a_battery,
    a_claim,
    a_deregistration,
    a_device,
    a_removal,
    an_update,
)
from tests.support.premises import HOUSE, NEIGHBOUR, Premises
from tests.support.register import REGISTER

FORMS = ("FORM-", "G98-C", "LCT-")


def panels(ref: str = "panels", sender: str = "installer-1", home: Premises = HOUSE, **told: Any) -> AssetCommissioned:
    """Panels of 2 kW on one phase; alone they are well below the ceiling."""
    facts: dict[str, Any] = {
        "asset_category": AssetCategory.SOLAR_PV,
        "rated_capacity_kw": Decimal(2),
        "phases": 1,
        "location": home.location(),
        "type_test_reference": "MAKER/M-200",
    }
    return a_battery(sender, ref, **(facts | told))


def battery(ref: str = "battery", sender: str = "installer-1", **told: Any) -> AssetCommissioned:
    """A battery of 3 kW on one phase."""
    facts: dict[str, Any] = {"asset_category": AssetCategory.BESS, "rated_capacity_kw": Decimal(3)}
    return panels(ref, sender, **(facts | told))


async def notices(engine: Engine) -> dict[str, list[str]]:
    """The notices of the forms by the asset's first reference."""
    names = {row.asset_id: row.reference for row in reversed(await register.sightings(engine))}
    return {
        names[s.asset_id]: sorted(c.rule_id for c in s.concerns if c.rule_id.startswith(FORMS))
        for s in await register.states(engine)
    }


async def told(engine: Engine, *batches: Iterable[Notification]) -> dict[str, list[str]]:
    journal = JournalBuilder()
    for batch in batches:
        await register.put(engine, journal.entries(*batch))
    return await notices(engine)


SITES: dict[str, tuple[Sequence[Notification], str]] = {
    "one meter point": ((panels("one"), battery("other")), "G98-CEILING"),
    "one installer, two homes": ((panels("one"), panels("other", home=NEIGHBOUR)), "G98-CLUSTER"),
}


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
@pytest.mark.parametrize(("pair", "rule"), SITES.values(), ids=SITES)
async def test_both_neighbours_are_told(
    engine: Engine, pair: Sequence[Notification], rule: str, together: bool
) -> None:
    batches = [pair] if together else [[notice] for notice in pair]
    assert await told(engine, *batches) == {"one": [rule], "other": [rule]}


async def test_the_neighbour_that_was_there_before_has_a_version_for_it_by_that_message(engine: Engine) -> None:
    await told(engine, [panels("one")], [battery("other")])
    (first, second), (other,) = [
        [row for row in await register.history(engine) if row.state["asset_category"] == category]
        for category in ("SOLAR_PV", "BESS")
    ]
    assert (first.version, second.version, second.changed_fields) == (1, 2, ("concerns",))
    assert second.message_id == other.message_id


async def test_whoever_tells_of_the_second_unit_is_not_asked_for_anything(engine: Engine) -> None:
    await told(engine, [panels("one")], [battery("other")])
    assert {r.outcome for r in (await register.receipts(engine)).values()} == {ReceiptOutcome.REGISTERED}


async def test_a_unit_that_was_removed_is_nobodys_neighbour(engine: Engine) -> None:
    found = await told(engine, [panels("one"), battery("other")], [a_removal(ref="other")])
    assert found == {"one": [], "other": []}


async def test_a_unit_that_turns_out_smaller_takes_the_notice_off_its_neighbour(engine: Engine) -> None:
    found = await told(engine, [panels("one"), battery("other")], [an_update(ref="other", rated_capacity_kw=1)])
    assert found == {"one": [], "other": []}


async def test_a_work_that_moves_away_leaves_no_cluster(engine: Engine) -> None:
    earlier = COMMISSIONED_ON - timedelta(days=40)
    pair = [panels("one"), panels("other", home=NEIGHBOUR)]
    found = await told(engine, pair, [an_update(ref="other", commissioning_date=earlier)])
    assert found == {"one": [], "other": ["FORM-LATE"]}


async def test_works_of_another_installer_or_another_time_are_none(engine: Engine) -> None:
    before = COMMISSIONED_ON - timedelta(days=29)
    others = [
        panels("theirs", "installer-2", home=NEIGHBOUR),
        panels("earlier", home=NEIGHBOUR, commissioning_date=before),
    ]
    found = await told(engine, [panels("one"), *others])
    assert [rule for rules in found.values() for rule in rules if rule.startswith("G98-CLUSTER")] == []


async def test_two_that_turn_out_to_be_one_count_once(engine: Engine) -> None:
    one = a_device(rated_capacity_kw=3, phases=1)
    other = a_device("installer-2", "same", serial="SN-0099999", rated_capacity_kw=3, phases=1)
    assert {tuple(r) for r in (await told(engine, [one, other])).values()} == {("G98-CEILING",)}
    same = an_update("installer-2", "same", serial_number="SN-0012345")
    assert {tuple(r) for r in (await told(engine, [same])).values()} == {()}


async def test_a_neighbour_in_dispute_stays_in_dispute(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(a_battery(rated_capacity_kw=2, phases=1)))
    await register.put(engine, journal.entries(a_dispute()))
    await register.put(engine, journal.entries(panels("panels", rated_capacity_kw=3)))
    (disputed,) = [s for s in await register.states(engine) if s.asset_category == "BESS"]
    assert (disputed.status, len(disputed.disputes)) == (AssetStatus.DISPUTED, 1)
    assert "G98-CEILING" in {c.rule_id for c in disputed.concerns}


STORY: tuple[Notification, ...] = (
    panels("panels"),
    battery("battery", "installer-2", manufacturer="Sample Power Ltd"),
    a_battery("oem-1", "cloud", manufacturer="Another Works", rated_capacity_kw=1, phases=1),
    an_update("installer-2", "battery", rated_capacity_kw=1, source_seq=3),
    an_update("installer-2", "battery", rated_capacity_kw=3, source_seq=4),
    panels("next door", home=NEIGHBOUR),
    panels("gone", home=NEIGHBOUR, phases=3),
    a_removal(ref="gone"),
    an_update(ref="next door", location=HOUSE.location(), source_seq=1),
    an_update(ref="next door", location=NEIGHBOUR.location(), source_seq=2),
)


@given(st.permutations(range(len(STORY))), st.lists(st.integers(1, len(STORY)), max_size=3))
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_in_whatever_order_and_batches_the_same_is_told(database: str, order: list[int], cuts: list[int]) -> None:
    entries = JournalBuilder(partitions=1).entries(*STORY)
    ends = sorted({*cuts, len(STORY)})
    batches = [order[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    async def settled() -> dict[str, list[str]]:
        engine = connect(database, pool_size=1)
        try:
            async with transaction(engine) as connection:
                await connection.execute(text(f"TRUNCATE {REGISTER}"))
            for batch in batches:
                await register.put(engine, [entries[n] for n in batch])
            return await notices(engine)
        finally:
            await engine.dispose()

    assert asyncio.run(settled()) == {
        "panels": ["G98-CEILING", "G98-CLUSTER"],
        "battery": ["G98-CEILING"],
        "cloud": ["G98-CEILING"],
        "next door": ["G98-CLUSTER"],
        "gone": [],
    }


async def due(engine: Engine, days: int) -> list[DueClockRow]:
    async with transaction(engine) as connection:
        return await due_clocks.due(connection, T0 + timedelta(days=days), 9)


async def test_what_nobody_has_told_of_is_due(engine: Engine) -> None:
    await told(engine, [panels(sender="oem-1")])
    (row,) = await due(engine, 60)
    assert (row.source, row.sender_asset_ref, row.kind) == ("oem-1", "panels", ClockKind.COMMISSIONING_NOTICE)
    assert row.due_on == COMMISSIONED_ON + timedelta(days=28)


async def test_once_the_installer_tells_of_it_nothing_is_due(engine: Engine) -> None:
    await told(engine, [a_device("oem-1", "cloud")], [a_device()])
    assert await due(engine, 60) == []


async def test_the_end_of_a_registration_to_come_is_due_under_its_own_reference(engine: Engine) -> None:
    claimed = a_device("fsp-1", "theirs", market=a_claim())
    ends = a_deregistration(ref="theirs", effective_from=date(2026, 7, 1))
    await told(engine, [a_device(), claimed, ends])
    (row,) = await due(engine, 90)
    assert (row.source, row.sender_asset_ref, row.due_on) == ("fsp-1", "theirs", date(2026, 6, 30))


async def test_a_neighbour_that_turns_out_to_be_another_and_gone_leaves_no_notice(
    engine: Engine, journal: JournalBuilder
) -> None:
    of_provider = a_device("fsp-1", "F1", rated_capacity_kw=3, phases=1)
    assert (await told(engine, [of_provider, panels("panels")]))["panels"] == ["G98-CEILING"]
    # What the journal had first gives the asset its id, although it is registered later.
    makers = (a_removal("oem-1", "O1"), a_device("oem-1", "O1", rated_capacity_kw=3, phases=1))
    await register.put(engine, [journal.entry(notice, at=T0 - timedelta(hours=1)) for notice in makers])
    assert [row.merged_into is None for row in await register.all_assets(engine)].count(False) == 1
    assert (await notices(engine))["panels"] == []
