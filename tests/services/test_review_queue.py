"""The queue holds what people are to decide, for as long as it is to be decided."""

from datetime import date, timedelta

from prometheus_client import REGISTRY

from hub.rules.review_items import ReviewKind, ReviewState
from hub.services import review_load
from registry_store.engine import Engine, transaction
from schemas.asset import Location
from schemas.decisions import IdentityVerdict
from schemas.notifications import Notification
from schemas.records.decisions import ReviewItemRow
from tests.support import register
from tests.support.decisions import a_ruling
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import YESTERDAY, a_battery, a_device, a_removal, an_update
from tests.support.premises import HOUSE, Premises

FAR = Premises("10", 77, "_A", postcode="NR1 3QQ")
HERE, THERE = ("installer-1", "battery-1"), ("oem-1", "cloud-77")
COLLISION = (a_device(), a_device("oem-1", "cloud-77", location=FAR.location()))


async def queue(engine: Engine, journal: JournalBuilder, *told: Notification) -> list[ReviewItemRow]:
    """The items after each of these was registered by itself."""
    for number, notification in enumerate(told):
        await register.put(
            engine, [journal.entry(notification, message_id(f"told {number} {sum(journal.ends.values())}"))]
        )
    return await register.review_items(engine)


async def test_two_with_one_serial_number_are_asked_about_once(engine: Engine, journal: JournalBuilder) -> None:
    (item,) = await queue(engine, journal, *COLLISION)
    one, other = (s.asset_id for s in await register.states(engine))
    assert (item.kind, item.state) == (ReviewKind.SERIAL_COLLISION, ReviewState.OPEN)
    assert (item.asset_id, item.other_asset_id) == (one, other)
    assert item.reasons
    assert (item.opened_by, item.opened_message_id) == ("oem-1", message_id("told 1 1"))


async def test_what_differs_in_one_thing_may_be_a_duplicate(engine: Engine, journal: JournalBuilder) -> None:
    told = (a_battery(), a_battery("oem-1", "cloud-77", commissioning_date=date(2025, 6, 20)))
    kinds = [item.kind for item in await queue(engine, journal, *told)]
    assert kinds == [ReviewKind.POSSIBLE_DUPLICATE]


async def test_to_tell_the_same_again_asks_nothing_more(engine: Engine, journal: JournalBuilder) -> None:
    before = await queue(engine, journal, *COLLISION)
    again = a_device("oem-1", "cloud-77", location=FAR.location(), occurred_at=YESTERDAY + timedelta(hours=5))
    assert await queue(engine, journal, again, an_update(model="M-1")) == before


async def test_a_decision_closes_its_item_and_is_named_there(engine: Engine, journal: JournalBuilder) -> None:
    await queue(engine, journal, *COLLISION)
    (item,) = await queue(engine, journal, a_ruling(HERE, THERE, IdentityVerdict.DIFFERENT, "eastern"))
    assert (item.state, item.closed_by, item.closed_message_id) == ("decided", "eastern", message_id("told 0 2"))
    assert item.closed_at is not None


async def test_what_answers_itself_is_gone(engine: Engine, journal: JournalBuilder) -> None:
    await queue(engine, journal, *COLLISION)
    (item,) = await queue(engine, journal, an_update("oem-1", "cloud-77", serial_number="SN-7777777"))
    assert (item.state, item.closed_by) == (ReviewState.GONE, "oem-1")


async def test_a_question_that_comes_up_again_is_open_again(engine: Engine, journal: JournalBuilder) -> None:
    away = an_update("oem-1", "cloud-77", serial_number="SN-7777777")
    back = an_update("oem-1", "cloud-77", serial_number="SN-0012345", occurred_at=YESTERDAY + timedelta(hours=3))
    (item,) = await queue(engine, journal, *COLLISION, away, back)
    assert (item.state, item.closed_at) == (ReviewState.OPEN, None)


async def test_a_merge_that_is_parted_again_is_not_asked_about(engine: Engine, journal: JournalBuilder) -> None:
    merge, part = a_ruling(HERE, THERE), a_ruling(HERE, THERE, IdentityVerdict.DIFFERENT, after=61)
    items = await queue(engine, journal, *COLLISION, merge, part)
    # While they were one, it stood at two places, which was a question of its own.
    assert sorted(item.kind for item in items) == [ReviewKind.SERIAL_COLLISION, ReviewKind.WRITERS_CONFLICT]
    assert {item.state for item in items} == {ReviewState.DECIDED}


async def test_a_meter_point_that_may_be_several_is_asked_about(engine: Engine, journal: JournalBuilder) -> None:
    (item,) = await queue(engine, journal, a_battery(location=Location(postcode=HOUSE.postcode)))
    assert (item.kind, item.other_asset_id) == (ReviewKind.AMBIGUOUS_METER_POINT, None)


async def test_a_meter_point_in_conflict_is_asked_about(engine: Engine, journal: JournalBuilder) -> None:
    (item,) = await queue(engine, journal, a_battery(location=HOUSE.location(uprn=FAR.uprn, postcode="E1 6AN")))
    assert item.kind == ReviewKind.WRITERS_CONFLICT


async def test_two_senders_of_one_kind_that_disagree_are_asked_about(engine: Engine, journal: JournalBuilder) -> None:
    told = (a_device(), a_device("installer-2", "job-9", rated_capacity_kw="3.68"))
    (item,) = await queue(engine, journal, *told)
    assert item.kind == ReviewKind.WRITERS_CONFLICT
    assert "the rated capacity" in item.reasons[0]
    (item,) = await queue(engine, journal, an_update("installer-2", "job-9", rated_capacity_kw="5.00"))
    assert item.state == ReviewState.GONE


async def test_a_maker_and_an_installer_are_not_believed_alike(engine: Engine, journal: JournalBuilder) -> None:
    assert await queue(engine, journal, a_device(), a_device("oem-1", "cloud-77", rated_capacity_kw="3.68")) == []


async def test_a_register_without_questions_has_an_empty_queue(engine: Engine, journal: JournalBuilder) -> None:
    assert await queue(engine, journal, a_device(), a_device("oem-1", "cloud-77"), a_removal()) == []


async def test_how_much_waits_and_since_when_is_measured(engine: Engine, journal: JournalBuilder) -> None:
    await queue(engine, journal, *COLLISION)
    (item,) = await register.review_items(engine)
    async with transaction(engine) as connection:
        await review_load.measure(connection, item.opened_at + timedelta(days=2))
    labels = {"kind": "serial_collision"}
    assert REGISTRY.get_sample_value("hub_review_open", labels) == 1
    assert REGISTRY.get_sample_value("hub_review_oldest_seconds", labels) == 2 * 24 * 3600
    assert REGISTRY.get_sample_value("hub_review_decided_last_day") == 0
    await queue(engine, journal, a_ruling(HERE, THERE))
    async with transaction(engine) as connection:
        await review_load.measure(connection, item.opened_at + timedelta(hours=2))
    assert REGISTRY.get_sample_value("hub_review_open", labels) == 0
    assert REGISTRY.get_sample_value("hub_review_decided_last_day") == 1
