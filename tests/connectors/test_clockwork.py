"""A day that passes without the message that was due is told to the journal, once, and the register knows it."""

from datetime import date, datetime, timedelta

import pytest

from connectors.clockwork import Clockwork
from connectors.journal import Journal
from connectors.own_voice import OwnVoice
from hub.errors import Unavailable
from hub.services import own_voice
from hub.services.registration.entry import JournalEntry
from registry_store.engine import Engine
from schemas.vocabulary import AssetStatus, ConsentStatus
from streams.records import JournalRecord, read
from tests.support import people, register
from tests.support.journal import JournalBuilder
from tests.support.notifications import COMMISSIONED_ON, T0, a_battery, a_claim, a_deregistration, a_device
from tests.support.publisher import KeptPublisher

SECRET = "a secret of thirty-two characters"
OVERDUE = "FORM-OVERDUE"
DAY_29 = T0.replace(year=2026, month=5, day=19)
"""The 29th day after the commissioning."""


@pytest.fixture
def said() -> KeptPublisher:
    return KeptPublisher()


def clockwork(engine: Engine, said: KeptPublisher, now: datetime) -> Clockwork:
    """A process that has just been started, at this time."""
    voice = OwnVoice(Journal(said, SECRET), own_voice.identity(SECRET), lambda: now)
    return Clockwork(engine, voice, lambda: now)


async def rules(engine: Engine) -> list[str]:
    return [c.rule_id for c in (await register.state(engine)).concerns if c.rule_id.startswith("FORM-")]


async def test_a_battery_that_no_installer_tells_of_is_overdue_from_the_29th_day_on(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    await register.put(engine, journal.entries(a_device("oem-1", "cloud")))
    assert await clockwork(engine, said, DAY_29 - timedelta(days=1)).look() == 0
    assert await clockwork(engine, said, DAY_29).look() == 1
    assert await rules(engine) == []
    await register.put(engine, said.entries(DAY_29), now=DAY_29)
    assert await rules(engine) == [OVERDUE]
    (_, last) = await register.history(engine)
    assert (last.participant, last.changed_fields) == ("hub", ("concerns",))


async def test_it_is_told_once_also_after_a_restart(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    await register.put(engine, journal.entries(a_device("oem-1", "cloud")))
    assert await clockwork(engine, said, DAY_29).look() == 1
    assert await clockwork(engine, said, DAY_29).look() == 0
    await register.put(engine, said.entries(DAY_29), now=DAY_29)
    assert await clockwork(engine, said, DAY_29 + timedelta(days=9)).look() == 0


async def test_one_that_was_told_and_not_marked_has_no_second_effect(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    await register.put(engine, journal.entries(a_device("oem-1", "cloud")))
    both = [clockwork(engine, said, DAY_29), clockwork(engine, said, DAY_29 + timedelta(hours=1))]
    said.away = True
    with pytest.raises(Unavailable):
        await both[0].look()
    said.away = False
    await both[0].look()
    said.kept *= 2
    outcome = await register.put(engine, said.entries(DAY_29), now=DAY_29)
    assert (outcome.repeats, len(await register.history(engine))) == (1, 2)
    assert await both[1].look() == 0


async def test_the_installers_notice_ends_it(engine: Engine, journal: JournalBuilder, said: KeptPublisher) -> None:
    await register.put(engine, journal.entries(a_device("oem-1", "cloud")))
    await clockwork(engine, said, DAY_29).look()
    late = journal.entry(a_device(), at=DAY_29 + timedelta(days=2))
    await register.put(engine, [*said.entries(DAY_29), late], now=DAY_29)
    assert await rules(engine) == ["FORM-LATE"]


async def test_only_the_hub_itself_tells_of_clocks(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    await register.put(engine, journal.entries(a_device("oem-1", "cloud")))
    await clockwork(engine, said, DAY_29).look()
    (message,) = said.kept
    headers = {"sender": b"installer-1", "door": b"webhook"}
    assert not isinstance(read(JournalRecord(message.topic, 0, 0, message.value, headers, 0.0)), JournalEntry)


async def test_nobody_is_sent_a_receipt_for_a_clock(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    await register.put(engine, journal.entries(a_device("oem-1", "cloud")))
    await clockwork(engine, said, DAY_29).look()
    await register.put(engine, said.entries(DAY_29), now=DAY_29)
    assert {row.topic for row in await register.outgoing(engine)} & {"fmar.receipts"} == set()


async def test_an_end_to_come_ends_the_registration_on_its_day(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    first_day_out = date(2026, 6, 1)
    told = (
        a_device(),
        a_device("fsp-1", "F1", market=a_claim()),
        a_deregistration(ref="F1", effective_from=first_day_out),
    )
    await register.put(engine, journal.entries(*told))
    assert (await register.state(engine)).status is AssetStatus.VERIFIED
    after = datetime(2026, 6, 1, 9, tzinfo=T0.tzinfo)
    await clockwork(engine, said, after).look()
    await register.put(engine, said.entries(after), now=after)
    found = await register.state(engine)
    assert (found.status, found.deregistered_on, found.market) == (AssetStatus.DEREGISTERED, first_day_out, None)


async def test_a_consent_that_runs_out_suspends_the_asset(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    seed = people.seed_file()
    ends = seed.consents[0].model_copy(update={"valid_to": date(2026, 6, 1)})
    await register.seed(engine, seed.model_copy(update={"consents": (ends,)}))
    await register.put(engine, journal.entries(a_device(), a_device("fsp-1", "F1", market=a_claim())))
    before, after = (datetime(2026, 5, 31, 20, tzinfo=T0.tzinfo), datetime(2026, 5, 31, 23, 30, tzinfo=T0.tzinfo))
    assert await clockwork(engine, said, before).look() == 0
    assert await clockwork(engine, said, after).look() == 1
    await register.put(engine, said.entries(after), now=after)
    found = await register.state(engine)
    assert (found.status, found.consent) == (AssetStatus.SUSPENDED_CONSENT_REVOKED, ConsentStatus.EXPIRED)
    assert (await register.assets(engine))[0].fsp is None
    renewed = ends.model_copy(update={"valid_to": date(2027, 6, 1)})
    await register.seed(engine, seed.model_copy(update={"consents": (renewed,)}))
    again = a_device("fsp-1", "F1", market=a_claim(), occurred_at=after + timedelta(hours=1))
    await register.put(engine, [journal.entry(again)], now=after + timedelta(hours=1))
    assert (await register.state(engine)).status is AssetStatus.VERIFIED


async def test_a_consent_that_was_prolonged_in_time_suspends_nothing(
    engine: Engine, journal: JournalBuilder, said: KeptPublisher
) -> None:
    seed = people.seed_file()
    ends = seed.consents[0].model_copy(update={"valid_to": date(2026, 6, 1)})
    await register.seed(engine, seed.model_copy(update={"consents": (ends,)}))
    await register.put(engine, journal.entries(a_battery(), a_battery("fsp-1", "F1", market=a_claim())))
    prolonged = ends.model_copy(update={"valid_to": date(2026, 7, 1)})
    await register.seed(engine, seed.model_copy(update={"consents": (prolonged,)}))
    after = datetime(2026, 6, 1, 9, tzinfo=T0.tzinfo)
    assert await clockwork(engine, said, after).look() == 1
    await register.put(engine, said.entries(after), now=after)
    assert {s.consent for s in await register.states(engine)} >= {ConsentStatus.ACTIVE}
    assert await clockwork(engine, said, after + timedelta(days=31)).look() == 1


def test_the_29th_day_is_that() -> None:
    assert DAY_29.date() == COMMISSIONED_ON + timedelta(days=29)
