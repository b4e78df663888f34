"""When the hub was told what, by whom, and the message in which it tells itself that a day has passed."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from hub.rules.claims import Claim
from hub.rules.forms import hearing, ringing
from hub.rules.forms.clocks import DueClock
from schemas import avro
from schemas.findings import ClockRan
from schemas.notifications import Notification
from schemas.vocabulary import ClockKind, MessageId
from tests.support.claims import a_said
from tests.support.forms import an_asset
from tests.support.notifications import T0, a_battery, a_clock, a_removal, an_update

STATE = an_asset()


def heard(notice: Notification, days: int = 0) -> Claim:
    return a_said(notice, received_at=T0 + timedelta(days=days))


def test_a_makers_word_is_no_notice_of_the_connection() -> None:
    found = hearing.facts(STATE, [heard(a_battery("oem-1"))])
    assert (found.heard_on, found.told_on, found.operator_told) == (T0.date(), None, False)


def test_the_first_notice_of_the_installer_counts() -> None:
    told = [heard(a_battery("oem-1")), heard(a_battery(), 9), heard(an_update(commissioning_date="2026-04-21"), 30)]
    assert hearing.facts(STATE, told).told_on == date(2026, 5, 10)


def test_before_commissioning_nothing_was_told_of_it() -> None:
    planned = a_battery(commissioning_date=None, connection_status="PENDING")
    told = [heard(planned), heard(an_update(commissioning_date="2026-05-03"), 5)]
    assert hearing.facts(STATE, told).told_on == date(2026, 5, 6)


def test_an_operator_that_tells_of_it_itself_is_noted() -> None:
    found = hearing.facts(STATE, [heard(a_battery("eastern"))])
    assert (found.told_on, found.operator_told) == (T0.date(), True)


def test_the_day_is_that_of_london() -> None:
    late = a_said(a_battery(), received_at=datetime.fromisoformat("2026-06-30T23:30:00+00:00"))
    assert hearing.facts(STATE, [late]).told_on == date(2026, 7, 1)


def test_a_removal_is_as_old_as_the_earliest_that_was_told() -> None:
    told = [heard(a_battery()), heard(a_removal("oem-1", effective_from="2026-04-01"), 5), heard(a_removal(), 3)]
    found = hearing.facts(STATE, told)
    assert (found.removal_said_on, found.removal_told_on) == (date(2026, 4, 1), date(2026, 5, 4))


def test_clocks_that_ran_are_known_and_tell_nothing_else() -> None:
    found = hearing.facts(STATE, [heard(a_battery("oem-1"), 3), heard(a_clock())])
    assert found.ran == {(ClockKind.COMMISSIONING_NOTICE, date(2026, 5, 18))}
    assert found.heard_on == date(2026, 5, 4)


def test_it_is_the_work_of_the_installer_who_was_heard_first() -> None:
    told = [heard(a_battery("installer-2"), 5), heard(a_battery("installer-1"), 6), heard(a_battery("oem-1"))]
    assert hearing.installer(told) == "installer-2"
    assert hearing.installer(told[2:]) is None


POOL = [
    heard(a_battery("oem-1"), 1),
    heard(a_battery("installer-1"), 4),
    heard(a_battery("installer-2"), 4),
    heard(an_update(commissioning_date="2026-04-21"), 2),
    heard(a_removal("oem-1"), 7),
    heard(a_clock(), 30),
]


@given(st.permutations(POOL))
def test_the_order_of_claims_does_not_matter(told: list[Claim]) -> None:
    assert hearing.facts(STATE, told) == hearing.facts(STATE, POOL)
    assert hearing.installer(told) == hearing.installer(POOL)


def ran(ref: str = "battery-1", day: date = date(2026, 5, 18)) -> ClockRan:
    return ringing.notification("oem-1", ref, DueClock(ClockKind.COMMISSIONING_NOTICE, day))


def test_a_running_out_is_one_message_however_often_it_is_made() -> None:
    assert avro.encode(ran()) == avro.encode(ran())
    assert ringing.message_id(ran()) == ringing.message_id(ran())


def test_each_running_out_has_an_id_of_its_own() -> None:
    ids = {ringing.message_id(r) for r in (ran(), ran("battery-2"), ran(day=date(2026, 5, 19)))}
    assert len(ids) == 3
    assert all(TypeAdapter(MessageId).validate_python(i) == i for i in ids)


def test_a_running_out_belongs_to_the_reference_that_it_is_about() -> None:
    claim = a_said(a_clock("oem-1", "battery-1"))
    assert claim.reference == ("oem-1", "battery-1")
