"""Assets that turn out to be one, and one that turns out to be two: in the register, its history and its feed."""

import random
from datetime import timedelta

import pytest

from hub.rules.matching import policy
from hub.rules.matching.asset_id import asset_id
from hub.rules.matching.cluster import alone
from hub.rules.matching.clustering import partition
from hub.services.registration import stored
from registry_store import reconciliation
from registry_store.engine import Engine, transaction
from schemas.asset import Location
from schemas.notifications import AssetCommissioned, Notification
from schemas.outbound import AssetState
from tests.support import register
from tests.support.journal import JournalBuilder
from tests.support.notifications import YESTERDAY, a_battery, a_device, an_update
from tests.support.premises import FLAT, HOUSE, NEIGHBOUR, an_mpan

# A home that the registry copy does not know: else it would join them by itself.
ADDRESS = {"address_line": "7 Unlisted Lane", "postcode": "CB9 9ZZ"}
METER_POINT = {"import_mpan": an_mpan("10", 7_000_777)}
BY_ADDRESS, BY_METER_POINT, BY_BOTH = (Location(**p) for p in (ADDRESS, METER_POINT, ADDRESS | METER_POINT))

INSTALLER = a_battery("installer-1", "I1", location=BY_ADDRESS)
PROVIDER = a_battery("fsp-1", "F1", location=BY_METER_POINT)
CERTIFIER = a_battery("platform-1", "P1", location=BY_BOTH)
"""Who knows the address, who knows the meter point, and who joins the two."""


def shown(states: list[AssetState]) -> list[dict[str, object]]:
    """What the register says, apart from how often it changed and how it is called."""
    return sorted((s.model_dump(mode="json", exclude={"asset_id", "version"}) for s in states), key=str)


async def agrees_with_itself(engine: Engine) -> None:
    async with transaction(engine) as connection:
        for question in reconciliation.QUESTIONS:
            if question.check not in ("outbox", "feeds"):
                found = await reconciliation.ask(connection, question)
                assert found.count == 0, f"{question.says}: {found.examples}"


async def test_a_better_key_joins_what_stood_apart(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(INSTALLER, PROVIDER))
    first, second = await register.states(engine)
    await register.put(engine, journal.entries(CERTIFIER))
    whole = await register.state(engine)
    assert whole.asset_id == min(first.asset_id, second.asset_id)
    assert whole.sources == ("fsp-1", "installer-1", "platform-1")
    retired = next(s for s in await register.all_states(engine) if s.asset_id != whole.asset_id)
    assert retired.merged_into == whole.asset_id
    told = [(c.asset_id, c.change) for c in await register.changes(engine)][2:]
    assert sorted(told) == sorted([(whole.asset_id, "updated"), (retired.asset_id, "merged")])
    await agrees_with_itself(engine)


async def test_what_is_taken_back_parts_them_under_their_old_names(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(INSTALLER, PROVIDER))
    before = {s.asset_id: s for s in await register.states(engine)}
    await register.put(engine, journal.entries(CERTIFIER))
    moved = an_update("platform-1", "P1", location=NEIGHBOUR.location(), occurred_at=YESTERDAY + timedelta(hours=3))
    await register.put(engine, journal.entries(moved))
    after = {s.asset_id: s for s in await register.states(engine) if s.sources != ("platform-1",)}
    assert after.keys() == before.keys()
    assert shown(list(after.values())) == shown(list(before.values()))
    assert "split" in [c.change for c in await register.changes(engine)]
    await agrees_with_itself(engine)


async def test_each_membership_names_its_message(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(INSTALLER, PROVIDER, CERTIFIER))
    found = [(m.source, m.participant) for m in await register.memberships(engine)]
    assert found == [
        ("installer-1", "installer-1"),
        ("fsp-1", "fsp-1"),
        ("fsp-1", "platform-1"),
        ("platform-1", "platform-1"),
    ]


def neighbourhood(dice: random.Random) -> list[Notification]:
    """Batteries of a few homes, told by several sources who each know something else."""
    told: list[Notification] = []
    places = (BY_ADDRESS, BY_METER_POINT, BY_BOTH, NEIGHBOUR.location())
    for n, source in enumerate(("installer-1", "installer-2", "oem-1", "platform-1", "fsp-1", "fsp-2")):
        for ref in range(dice.randint(1, 2)):
            serial = dice.choice((None, "SN-0012345", "SN-0012346", "SN-0077777"))
            when = {"location": dice.choice(places), "occurred_at": YESTERDAY + timedelta(minutes=n)}
            name = f"{source}-{ref}"
            told.append(a_device(source, name, serial, **when) if serial else a_battery(source, name, **when))
            if dice.random() < 0.4:
                later = YESTERDAY + timedelta(minutes=30 + n)
                told.append(an_update(source, name, location=dice.choice(places), occurred_at=later))
    return told


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_any_batches_come_to_the_same(engine: Engine, journal: JournalBuilder, seed: int) -> None:
    dice = random.Random(seed)
    told = neighbourhood(dice)
    entries = journal.entries(*told)
    dice.shuffle(entries)
    while entries:
        size = dice.randint(1, 5)
        await register.put(engine, entries[:size])
        entries = entries[size:]
    rows = await register.sightings(engine)
    at_once = partition([alone(stored.sighting(row)) for row in rows], policy.shipped())
    expected = {i: asset_id(c.members) for c in at_once.clusters for i in c.ids}
    assert {(row.source, row.reference): row.asset_id for row in rows} == expected
    assert len(rows) == len([n for n in told if isinstance(n, AssetCommissioned)])
    await agrees_with_itself(engine)


async def test_the_word_of_one_stranger_moves_no_asset_to_another_place(
    engine: Engine, journal: JournalBuilder
) -> None:
    await register.put(engine, journal.entries(a_device(location=HOUSE.location())))
    before = await register.state(engine)
    later = before.commissioning_date + timedelta(days=60) if before.commissioning_date else None
    elsewhere = a_device("installer-2", "x", location=FLAT.location(), commissioning_date=later)
    await register.put(engine, journal.entries(elsewhere))
    (after,) = [s for s in await register.states(engine) if s.asset_id == before.asset_id]
    assert (after.place, after.operators, after.sources) == (before.place, before.operators, before.sources)
    assert "ID-NEEDS_REVIEW" in {c.rule_id for c in after.concerns}
