"""Nobody sees what is not his: a sender sees its own part of an asset, and cannot do away with another's."""

from uuid import UUID

import pytest

from hub.rules.access import Action, Grant, Object, Principal, authorise
from hub.rules.timeline import NOW
from hub.services.histories import Histories, Version
from hub.services.reads import Reads
from registry_store.assets import Filters
from registry_store.engine import Engine
from schemas.asset import ExternalId, Location
from schemas.notifications import Notification
from schemas.outbound import AssetState
from schemas.vocabulary import AssetStatus
from tests.support import people, register
from tests.support.journal import JournalBuilder
from tests.support.notifications import a_claim, a_device, a_removal, an_update
from tests.support.premises import FLAT, HOUSE

ELSEWHERE = Location(address_line="somewhere near")


def grant(participant: str) -> Grant:
    """What a reader of the cast is granted."""
    member = people.directory().members[participant]
    principal = Principal(member.id, member.kind, member.operator_codes)
    decision = authorise(principal, Action.READ, Object.ASSET)
    assert isinstance(decision, Grant)
    return decision


async def seen(engine: Engine, participant: str) -> list[AssetState]:
    return (await Reads(engine).assets(grant(participant), Filters(), None, 10)).assets


async def versions_of(engine: Engine, participant: str, asset_id: UUID) -> list[Version]:
    page = await Histories(engine).versions(grant(participant), asset_id, NOW, 0, 100)
    return page.versions if page is not None else []


@pytest.fixture
async def known_by_serial_alone(engine: Engine, journal: JournalBuilder) -> Engine:
    """The house's battery, and a second installer who tells of it by its serial number and nothing else."""
    told = [a_device("installer-1"), a_device("installer-2", "mine", location=ELSEWHERE)]
    await register.put(engine, [journal.entry(n) for n in told])
    return engine


async def test_who_only_knows_the_serial_does_not_learn_where_the_asset_stands(known_by_serial_alone: Engine) -> None:
    (theirs,) = await seen(known_by_serial_alone, "installer-2")
    (whole,) = await seen(known_by_serial_alone, "eastern")

    assert whole.place.import_mpan == HOUSE.import_mpan
    assert theirs.asset_id == whole.asset_id
    assert theirs.place.address_line == "somewhere near"
    assert (theirs.place.import_mpan, theirs.place.uprn, theirs.place.postcode, theirs.operators) == (
        None,
        None,
        None,
        (),
    )


async def test_a_filter_does_not_find_by_what_another_told(known_by_serial_alone: Engine) -> None:
    reads, wanted = Reads(known_by_serial_alone), Filters(import_mpan=HOUSE.import_mpan)

    assert len((await reads.assets(grant("installer-1"), wanted, None, 10)).assets) == 1
    for limit in (1, 10):
        page = await reads.assets(grant("installer-2"), wanted, None, limit)
        assert (page.assets, page.cursor) == ([], None), "not even where a page ends tells of it"


async def test_history_and_changes_hold_only_the_senders_own(known_by_serial_alone: Engine) -> None:
    await register.number(known_by_serial_alone)
    reads = Reads(known_by_serial_alone)
    (asset,) = await seen(known_by_serial_alone, "installer-2")

    versions = await versions_of(known_by_serial_alone, "installer-2", asset.asset_id)
    events, last = await reads.changes(grant("installer-2"), 0, 10)
    whole, _ = await reads.changes(grant("eastern"), 0, 10)

    assert {v.row.participant for v in versions} <= {"installer-2"}
    assert all(v.asset.place.import_mpan is None for v in versions)
    assert {event.cause.participant for _, event in events} <= {"installer-2"}
    assert len(whole) > len(events)
    assert last == whole[-1][0], "a reader gets on in the feed past what it does not see"


async def test_a_stranger_cannot_do_away_with_an_asset(known_by_serial_alone: Engine, journal: JournalBuilder) -> None:
    await register.put(known_by_serial_alone, [journal.entry(a_removal("installer-2", "mine"))])
    (asset,) = await seen(known_by_serial_alone, "eastern")
    assert asset.status is AssetStatus.NOTIFIED
    assert "LIFE-REMOVAL_UNCONFIRMED" in {c.rule_id for c in asset.concerns}

    await register.put(known_by_serial_alone, [journal.entry(a_removal("installer-1"))])
    (asset,) = await seen(known_by_serial_alone, "eastern")
    assert asset.status is AssetStatus.DECOMMISSIONED
    assert "LIFE-REMOVAL_UNCONFIRMED" not in {c.rule_id for c in asset.concerns}


async def test_its_installer_removes_an_asset_although_the_makers_cloud_still_shows_it(
    engine: Engine, journal: JournalBuilder
) -> None:
    told: list[Notification] = [
        a_device("installer-1"),
        a_device("oem-1", "cloud-1"),
        an_update("oem-1", "cloud-1", model="X2"),
    ]
    await register.put(engine, [journal.entry(n) for n in (*told, a_removal("installer-1"))])

    (asset,) = await seen(engine, "eastern")
    assert asset.status is AssetStatus.DECOMMISSIONED


async def test_a_network_operators_word_alone_is_not_enough(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(a_device("installer-1"), a_device("london", "site-1")))
    await register.put(engine, [journal.entry(a_removal("london", "site-1"))])

    (asset,) = await seen(engine, "eastern")
    assert asset.status is AssetStatus.NOTIFIED
    assert "LIFE-REMOVAL_UNCONFIRMED" in {c.rule_id for c in asset.concerns}


async def test_a_consent_for_another_home_opens_nothing(engine: Engine, journal: JournalBuilder) -> None:
    elsewhere = a_device("fsp-1", "F1", location=FLAT.location(), market=a_claim("fsp-1", people.FLAT_CONSENT))
    by_serial = a_device("fsp-1", "F2", location=ELSEWHERE, market=a_claim("fsp-1", people.FLAT_CONSENT))
    await register.put(engine, journal.entries(a_device("installer-1"), by_serial))
    assert await seen(engine, "fsp-1") == []

    await register.put(engine, journal.entries(elsewhere))
    assert HOUSE.import_mpan not in {a.place.import_mpan for a in await seen(engine, "fsp-1")}


async def test_an_area_that_an_asset_comes_to_does_not_learn_where_it_was(
    engine: Engine, journal: JournalBuilder
) -> None:
    moved = an_update("installer-1", location=FLAT.location())
    await register.put(engine, journal.entries(a_device("installer-1"), moved))
    await register.number(engine)
    (asset,) = await seen(engine, "neso")
    (now_there,) = {people.directory().operators[code] for code in asset.operators} - {"neso"}
    versions = await versions_of(engine, now_there, asset.asset_id)

    assert versions
    assert all(now_there in {people.directory().operators[c] for c in v.asset.operators} for v in versions)


async def test_more_names_than_one_message_may_give_do_no_harm(engine: Engine, journal: JournalBuilder) -> None:
    def names(source: str) -> tuple[ExternalId, ...]:
        return tuple(ExternalId(scheme="OEM_DEVICE", value=f"{source}-{n}") for n in range(15))

    told = [a_device("installer-1", external_ids=names("a")), a_device("oem-1", "c", external_ids=names("b"))]
    await register.put(engine, journal.entries(*told, an_update("installer-1", phases=3)))

    (asset,) = await seen(engine, "eastern")
    assert len(asset.external_ids) == 30
    assert asset.phases == 3
