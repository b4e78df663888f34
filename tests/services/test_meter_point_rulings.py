"""An operator names the meter point of a device where several may be meant, and that counts."""

from typing import Any

import pytest

from hub.services.audit import erasure
from hub.services.audit.vault import Vault
from registry_store import rulings
from registry_store.engine import Engine, transaction
from schemas.asset import Location
from schemas.decisions import MeterPointDecided
from schemas.notifications import Notification
from schemas.vocabulary import MpanResolution, ReceiptOutcome
from tests.support import decisions, register
from tests.support.decisions import named
from tests.support.door import SECRET
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, a_battery, an_update
from tests.support.premises import FLAT, HOUSE, NEIGHBOUR, Premises

HERE = ("installer-1", "battery-1")
AMBIGUOUS = a_battery(location=Location(postcode=HOUSE.postcode))


def a_word(
    mpan: str = NEIGHBOUR.import_mpan, sender: str = "eastern", after: int = 60, **told: Any
) -> MeterPointDecided:
    return decisions.a_word(HERE, mpan, sender, after, **told)


async def decided(engine: Engine, journal: JournalBuilder, word: MeterPointDecided, mid: str = "word") -> Any:
    await register.put(engine, [journal.entry(word, message_id(mid))])
    return (await register.receipts(engine))[message_id(mid)]


async def test_the_operators_word_settles_it(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, [journal.entry(AMBIGUOUS)])
    assert (await register.state(engine)).mpan_resolution is MpanResolution.AMBIGUOUS
    receipt = await decided(engine, journal, a_word())
    state = await register.state(engine)
    assert (state.place.import_mpan, state.place.gsp_group) == (NEIGHBOUR.import_mpan, "_A")
    assert state.mpan_resolution is MpanResolution.SUPPLIED_VERIFIED
    assert state.operators == ("UKPN_EPN",)
    assert (receipt.outcome, receipt.asset_id) == (ReceiptOutcome.UPDATED, state.asset_id)
    (item,) = await register.review_items(engine)
    assert (item.state, item.closed_by) == ("decided", "eastern")


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
async def test_the_later_word_counts_in_any_order(
    engine: Engine, journal: JournalBuilder, order: tuple[int, ...]
) -> None:
    messages = (AMBIGUOUS, a_word(HOUSE.import_mpan, after=1), a_word(NEIGHBOUR.import_mpan, "admin", after=2))
    for number in order:
        await register.put(engine, [journal.entry(messages[number])])
    assert (await register.state(engine)).place.import_mpan == NEIGHBOUR.import_mpan


async def test_it_outlives_what_is_told_afterwards(engine: Engine, journal: JournalBuilder) -> None:
    for message in (AMBIGUOUS, a_word(), an_update(location=HOUSE.location())):
        await register.put(engine, [journal.entry(message)])
    state = await register.state(engine)
    assert state.place.import_mpan == NEIGHBOUR.import_mpan
    assert state.mpan_resolution is MpanResolution.SUPPLIED_VERIFIED


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (a_word(FLAT.import_mpan), "REV-OWN_METER_POINT"),
        (a_word(sender="london"), "REV-OWN_METER_POINT"),
        (a_word(sender="installer-1"), "REV-NOT_METER_POINTS"),
        (a_word(sender="fsp-1"), "REV-NOT_PROVIDERS"),
        (a_word("1012345678901"), "payload_invalid"),
        (a_word(asset=named(HERE, 7)), "stale_version"),
    ],
)
async def test_what_may_not_be_named_is_refused(
    engine: Engine, journal: JournalBuilder, word: MeterPointDecided, code: str
) -> None:
    await register.put(engine, [journal.entry(AMBIGUOUS)])
    before = await register.state(engine)
    receipt = await decided(engine, journal, word)
    assert (receipt.outcome, receipt.code) == (ReceiptOutcome.REFUSED, code)
    assert await register.state(engine) == before


async def test_a_device_in_another_area_is_not_the_operators(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, [journal.entry(a_battery(location=FLAT.location()))])
    assert (await decided(engine, journal, a_word())).code == "REV-OWN_METER_POINT"


@pytest.mark.parametrize("decided_first", [True, False])
async def test_a_word_that_came_before_its_device_moves_it_to_no_other_network(
    engine: Engine, journal: JournalBuilder, decided_first: bool
) -> None:
    messages: list[Notification] = [a_battery(location=FLAT.location()), a_word()]
    for message in reversed(messages) if decided_first else messages:
        await register.put(engine, [journal.entry(message)])
    state = await register.state(engine)
    assert (state.place.import_mpan, state.operators) == (FLAT.import_mpan, ("UKPN_LPN",))


async def test_a_word_that_does_not_count_stands_in_nobodys_way(engine: Engine, journal: JournalBuilder) -> None:
    theirs = a_word(Premises("12", 9, "_C").import_mpan, "london")
    for message in (a_word(after=90), a_battery(location=FLAT.location()), theirs):
        await register.put(engine, [journal.entry(message)])
    assert (await register.state(engine)).place.import_mpan == theirs.import_mpan


async def test_each_number_that_is_named_is_of_the_operators_network(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, [journal.entry(AMBIGUOUS)])
    receipt = await decided(engine, journal, a_word(export_mpan=FLAT.export_mpan))
    assert (receipt.outcome, receipt.code) == (ReceiptOutcome.REFUSED, "REV-OWN_METER_POINT")


async def test_an_erasure_takes_the_word_away(engine: Engine, journal: JournalBuilder) -> None:
    for message in (AMBIGUOUS, a_word()):
        await register.put(engine, [journal.entry(message)])
    await erasure.erase(engine, Vault(SECRET), HERE, "The household asked.", "admin", T0)
    async with transaction(engine) as connection:
        assert await rulings.words(connection, [HERE]) == []
