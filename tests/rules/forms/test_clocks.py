"""What is due by when, by the calendar of Great Britain; told late, overdue, or still to come."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import london_date
from hub.rules.forms import clocks, working_days
from hub.rules.forms.clocks import DueClock
from hub.rules.market_registration import Registration
from schemas.asset import ExternalId
from schemas.outbound import Place
from schemas.vocabulary import AssetCategory, ClockKind, ConnectionStatus
from tests.support.forms import COMMISSIONED, an_asset, form_facts
from tests.support.notifications import T0, a_deregistration

DUE = COMMISSIONED + timedelta(days=28)
COMMISSIONING, REMOVAL = ClockKind.COMMISSIONING_NOTICE, ClockKind.DECOMMISSIONING_NOTICE


def said(**facts: Any) -> list[str]:
    return [f"{c.rule_id}: {c.sentence}" for c in clocks.notices(form_facts(**facts))]


def rules(**facts: Any) -> list[str]:
    return [line.partition(":")[0] for line in said(**facts)]


def test_a_notice_within_28_days_is_in_time() -> None:
    assert rules(told_on=DUE) == []
    assert clocks.running(form_facts(told_on=DUE)) == ()


def test_a_late_notice_says_by_how_much() -> None:
    (one,) = said(told_on=DUE + timedelta(days=1), heard_on=DUE + timedelta(days=1))
    assert one.startswith("FORM-LATE") and "by 18 May 2026" in one and "1 day late" in one
    (three,) = said(told_on=DUE + timedelta(days=3))
    assert "3 days late" in three


def test_what_only_others_have_told_has_a_clock() -> None:
    facts = form_facts(told_on=None)
    assert clocks.running(facts) == (DueClock(COMMISSIONING, DUE),)
    assert rules(told_on=None) == []


def test_once_the_clock_has_run_it_is_overdue() -> None:
    facts = form_facts(told_on=None, ran=frozenset({(COMMISSIONING, DUE)}))
    assert clocks.running(facts) == ()
    assert [c.rule_id for c in clocks.notices(facts)] == ["FORM-OVERDUE"]


def test_the_clock_of_another_date_says_nothing() -> None:
    assert rules(told_on=None, ran=frozenset({(COMMISSIONING, DUE - timedelta(days=1))})) == []


def test_a_notice_after_the_clock_is_late_and_no_longer_overdue() -> None:
    late = DUE + timedelta(days=2)
    assert rules(told_on=late, ran=frozenset({(COMMISSIONING, DUE)})) == ["FORM-LATE"]


def test_what_is_heard_of_after_its_day_needs_no_clock() -> None:
    facts = form_facts(told_on=None, heard_on=DUE + timedelta(days=1))
    assert clocks.running(facts) == ()
    assert [c.rule_id for c in clocks.notices(facts)] == ["FORM-OVERDUE"]


@pytest.mark.parametrize(
    "state",
    [
        an_asset(commissioning_date=None),
        an_asset(connection_status=ConnectionStatus.PENDING),
        an_asset(AssetCategory.ELECTRIC_VEHICLE),
    ],
    ids=["no date", "not connected", "a vehicle"],
)
def test_what_is_not_commissioned_has_no_duty(state: Any) -> None:
    facts = form_facts(state, told_on=None, heard_on=date(2030, 1, 1))
    assert (clocks.running(facts), list(clocks.notices(facts))) == ((), [])


def test_a_clock_runs_out_at_the_midnight_of_london() -> None:
    assert DueClock(COMMISSIONING, DUE).due_at == datetime(2026, 5, 18, 23, tzinfo=UTC)
    assert DueClock(COMMISSIONING, date(2026, 12, 1)).due_at == datetime(2026, 12, 2, tzinfo=UTC)


@given(st.dates(date(2019, 1, 1), date(2035, 12, 31)))
def test_a_clock_runs_out_when_its_last_day_is_over(day: date) -> None:
    at = DueClock(COMMISSIONING, day).due_at.astimezone(UTC)
    assert london_date(at - timedelta(microseconds=1)) == day < london_date(at)


GONE = an_asset(decommissioned_on=date(2026, 6, 1))


def test_a_removal_is_to_be_told_within_28_days() -> None:
    told = {"state": GONE, "removal_said_on": date(2026, 6, 1)}
    assert rules(**told, removal_told_on=date(2026, 6, 29)) == []
    (late,) = said(**told, removal_told_on=date(2026, 7, 1))
    assert late.startswith("FORM-REMOVAL_LATE") and "2 days late" in late


def test_a_removal_that_nobody_confirms_has_a_clock_and_is_then_overdue() -> None:
    told: dict[str, Any] = {"removal_said_on": date(2026, 6, 1), "removal_told_on": date(2026, 6, 2)}
    assert clocks.running(form_facts(**told)) == (DueClock(REMOVAL, date(2026, 6, 29)),)
    assert rules(**told, ran=frozenset({(REMOVAL, date(2026, 6, 29))})) == ["FORM-REMOVAL_OVERDUE"]


CERTIFIED = ExternalId(scheme="MCS_CERTIFICATE", value="MCS-12345678-A")


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (an_asset(installer_scheme="MCS"), date(2026, 5, 5)),
        (an_asset(installer_scheme="mcs", place=Place(gsp_group="_P")), date(2026, 5, 5)),
        (an_asset("HEAT_PUMP", installer_scheme="MCS", rated_capacity_kw="45"), date(2026, 5, 5)),
        (an_asset("HEAT_PUMP", installer_scheme="MCS", rated_capacity_kw="46"), None),
        (an_asset(installer_scheme="MCS", rated_capacity_kw="51"), None),
        (an_asset(installer_scheme="MCS", external_ids=(CERTIFIED,)), None),
        (an_asset(installer_scheme="NICEIC"), None),
        (an_asset("EV_CHARGER", installer_scheme="MCS"), None),
    ],
)
def test_a_certificate_is_due_within_ten_working_days(state: Any, due: date | None) -> None:
    found = [c.due_on for c in clocks.running(form_facts(state)) if c.kind is ClockKind.MCS_CERTIFICATE]
    assert found == ([due] if due else [])


def test_a_certificate_that_did_not_come_is_told() -> None:
    ran = frozenset({(ClockKind.MCS_CERTIFICATE, date(2026, 5, 5))})
    assert rules(state=an_asset(installer_scheme="MCS"), ran=ran) == ["FORM-MCS_OVERDUE"]


def test_bank_holidays_that_are_not_known_yet_are_said_to_be_so() -> None:
    state = an_asset(installer_scheme="MCS", commissioning_date=date(2031, 3, 3))
    (found,) = said(state=state, told_on=date(2031, 3, 4), heard_on=date(2032, 1, 1))
    assert "at the earliest" in found


@pytest.mark.parametrize(
    ("start", "gsp_group", "expected"),
    [
        (date(2026, 4, 1), "_A", date(2026, 4, 17)),
        (date(2026, 4, 1), "_N", date(2026, 4, 16)),
        (date(2026, 6, 10), "_C", date(2026, 6, 24)),
        (date(2026, 6, 10), "_P", date(2026, 6, 25)),
        (date(2026, 12, 24), None, date(2027, 1, 12)),
        (date(2022, 9, 10), None, date(2022, 9, 26)),
    ],
    ids=["Easter", "Easter in Scotland", "June", "World Cup in Scotland", "Christmas", "a state funeral"],
)
def test_ten_working_days_by_the_holidays_of_the_place(start: date, gsp_group: str | None, expected: date) -> None:
    assert working_days.after(start, 10, gsp_group) == working_days.WorkingDay(expected, True)


def test_an_end_of_registration_to_come_has_a_clock() -> None:
    end = a_deregistration(effective_from=date(2026, 7, 1))
    waiting = Registration("fsp-1", "a", T0, None, end, False)
    (clock,) = clocks.of_registration(waiting)
    assert clock == DueClock(ClockKind.DEREGISTRATION, date(2026, 6, 30))
    assert clock.due_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert list(clocks.of_registration(Registration("fsp-1", "a", T0, None, end, True))) == []
    assert list(clocks.of_registration(Registration("fsp-1", "a", T0, None, None, False))) == []


days = st.dates(date(2026, 3, 1), date(2026, 8, 1))


@given(days, days, st.none() | days, st.booleans())
def test_a_duty_is_met_or_running_or_overdue(commissioned: date, heard: date, told: date | None, has_run: bool) -> None:
    due = commissioned + timedelta(days=28)
    ran = frozenset({(COMMISSIONING, due)}) if has_run else frozenset()
    facts = form_facts(an_asset(commissioning_date=commissioned), heard_on=heard, told_on=told, ran=ran)
    found = [c.rule_id for c in clocks.notices(facts)]
    if told is not None:
        assert (found, clocks.running(facts)) == (["FORM-LATE"] if told > due else [], ())
    elif has_run or heard > due:
        assert (found, clocks.running(facts)) == (["FORM-OVERDUE"], ())
    else:
        assert (found, clocks.running(facts)) == ([], (DueClock(COMMISSIONING, due),))
