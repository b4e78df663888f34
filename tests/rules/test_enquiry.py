"""When an enquiry service is asked about a place, and which of its addresses is the place's."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.enquiry import FoundAddress, next_look, reason_to_ask, schedule, still_good, the_address
from hub.rules.meter_point import KnownMeterPoint, SuppliedLocation, resolve
from hub.rules.reconsider import reconsider
from schemas.findings import AnsweredMeterPoint, MeterPointsAnswered
from schemas.reference.enquiries import enquiry_policy
from schemas.vocabulary import EnquiryReason as Reason
from schemas.vocabulary import MeterPointKind
from schemas.vocabulary import MpanResolution as Outcome
from tests.support.premises import a_meter_point, an_mpan

TODAY = date(2026, 11, 21)
T0 = datetime(2026, 11, 21, 9, tzinfo=UTC)
POLICY = enquiry_policy(TODAY)
HOME = a_meter_point(1, meter_serial="M1")
NEIGHBOUR = a_meter_point(2, uprn="100023457", address_line="14 High Street", gsp_group=None)
EXPORT = AnsweredMeterPoint(mpan=an_mpan("10", 3), direction="export", uprn=HOME.uprn, postcode="NR1 3PA")
SAME_PLACE = (HOME, KnownMeterPoint(mpan=an_mpan("10", 9), direction="import", uprn=HOME.uprn))

CASES = [
    (
        "a new plot with an address",
        "demand",
        (),
        {"address_line": "1 New Road", "postcode": "NR1 9ZZ"},
        Reason.NOT_FOUND,
    ),
    ("an MPAN that is not known yet", "demand", (), {"import_mpan": HOME.mpan}, Reason.NOT_FOUND),
    ("a UPRN that is not known yet", "demand", (), {"uprn": "7"}, Reason.NOT_FOUND),
    ("only half a postcode", "demand", (), {"postcode": "NR1"}, None),
    ("only a meter serial, which cannot be asked for", "demand", (), {"meter_serial": "M9"}, None),
    ("Northern Ireland", "demand", (), {"address_line": "1 New Road", "postcode": "BT1 5GS"}, None),
    ("a street", "demand", (HOME, NEIGHBOUR), {"address_line": "High Street", "postcode": "NR1 3PA"}, Reason.NOT_FOUND),
    ("a postcode alone", "demand", (HOME, NEIGHBOUR), {"postcode": "NR1 3PA"}, None),
    ("two at one UPRN", "demand", SAME_PLACE, {"uprn": HOME.uprn}, None),
    (
        "two at one address whose UPRN nobody told",
        "demand",
        (HOME, a_meter_point(9, meter_serial="M1", uprn="8")),
        {"address_line": "12 High Street", "postcode": "NR1 3PA"},
        Reason.AMBIGUOUS,
    ),
    ("resolved", "demand", (HOME,), {"uprn": HOME.uprn}, None),
    ("a conflict, which is for people", "demand", (HOME,), {"import_mpan": HOME.mpan, "uprn": "8"}, None),
    ("export that is not raised", "generation", (HOME,), {"uprn": HOME.uprn}, Reason.PENDING_EXPORT_MPAN),
    ("storage needs no export", "storage", (HOME,), {"uprn": HOME.uprn}, None),
]


@pytest.mark.parametrize(("kind", "known", "told", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_who_is_asked_about(
    kind: str, known: tuple[KnownMeterPoint, ...], told: dict[str, str], reason: Reason | None
) -> None:
    supplied = SuppliedLocation(**told)
    assert reason_to_ask(resolve(supplied, known, kind, TODAY), supplied) is reason


@pytest.mark.parametrize("reason", Reason)
def test_looks_grow_rarer_and_never_end(reason: Reason) -> None:
    first = schedule(reason, T0, POLICY)
    assert T0 <= first.due_at < first.alarm_at
    waits = [next_look(reason, n, T0, POLICY) - T0 for n in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] >= timedelta(days=1)
    assert waits[-1] == waits[-2]


def test_a_new_plot_is_looked_at_at_once_and_an_export_mpan_after_some_days() -> None:
    assert schedule(Reason.NOT_FOUND, T0, POLICY).due_at == T0
    assert schedule(Reason.PENDING_EXPORT_MPAN, T0, POLICY).due_at == T0 + timedelta(days=14)


@pytest.mark.parametrize("reason", Reason)
def test_an_answer_is_asked_for_again_by_the_next_look(reason: Reason) -> None:
    assert still_good(reason, T0, T0, POLICY)
    assert not still_good(reason, T0, next_look(reason, 1, T0, POLICY), POLICY)


def test_days_before_the_first_policy_have_the_first_one() -> None:
    assert enquiry_policy(date(2020, 1, 1)) == POLICY


@pytest.mark.parametrize(
    ("told", "uprn"),
    [
        ("12 High St", "1"),
        ("12 High Street, Norwich", "1"),
        ("Flat 2, 16 High Street", "3"),
        ("16 High Street", None),
        ("High Street", None),
        ("18 High Street", None),
    ],
)
def test_an_address_is_taken_only_where_it_is_the_only_one(told: str, uprn: str | None) -> None:
    lines = {"1": "12 High Street", "2": "Flat 1, 16 High Street", "3": "Flat 2, 16 High Street"}
    found = the_address([FoundAddress(u, line, "NR1 3PA") for u, line in lines.items()], told, "NR1 3PA")
    assert (found.uprn if found else None) == uprn


def test_two_properties_with_one_address_are_not_picked_from() -> None:
    twins = [FoundAddress(uprn, "12 High Street", "NR1 3PA") for uprn in ("1", "2")]
    assert the_address(twins, "12 High Street", "NR1 3PA") is None


def answer(*points: AnsweredMeterPoint, days: int = 0, **told: Any) -> MeterPointsAnswered:
    return MeterPointsAnswered(
        sender="hub",
        about_source="installer-1",
        sender_asset_ref="a",
        occurred_at=T0 + timedelta(days=days),
        service="enquiry",
        meter_points=points,
        **told,
    )


def stated(point: KnownMeterPoint, **other: object) -> AnsweredMeterPoint:
    fields = {name: getattr(point, name) for name in AnsweredMeterPoint.model_fields}
    return AnsweredMeterPoint(**(fields | other))


class TestReconsidering:
    def test_a_new_plot_is_resolved_once_the_service_knows_it(self) -> None:
        told = SuppliedLocation(import_mpan=HOME.mpan, uprn=HOME.uprn)
        assert reconsider(told, (), (), "demand", TODAY).outcome is Outcome.NOT_FOUND
        found = reconsider(told, (), (answer(stated(HOME)),), "demand", TODAY)
        assert (found.outcome, found.import_mpan) == (Outcome.SUPPLIED_VERIFIED, HOME.mpan)

    def test_an_export_mpan_that_came_later_is_taken(self) -> None:
        told = SuppliedLocation(import_mpan=HOME.mpan, uprn=HOME.uprn)
        assert reconsider(told, (HOME,), (), "generation", TODAY).outcome is Outcome.PENDING_EXPORT_MPAN
        found = reconsider(told, (HOME,), (answer(stated(HOME), EXPORT),), "generation", TODAY)
        assert (found.outcome, found.export_mpan) == (Outcome.RESOLVED_EXACT, EXPORT.mpan)

    def test_the_uprn_of_the_very_same_address_counts_as_told(self) -> None:
        told = SuppliedLocation(address_line="12 High St", postcode="NR1 3PA")
        address: dict[str, Any] = {"uprn": str(HOME.uprn), "address_line": "12 High Street", "postcode": "NR1 3PA"}
        found = reconsider(told, (), (answer(stated(HOME), **address),), "demand", TODAY)
        assert (found.outcome, found.import_mpan) == (Outcome.RESOLVED_EXACT, HOME.mpan)
        near = reconsider(told, (), (answer(stated(HOME), **{**address, "address_line": "12"}),), "demand", TODAY)
        assert near.outcome is Outcome.RESOLVED_PROBABLE

    def test_a_wrong_answer_raises_a_query_and_replaces_nothing(self) -> None:
        told = SuppliedLocation(import_mpan=HOME.mpan, uprn=HOME.uprn)
        wrong = stated(NEIGHBOUR, uprn=HOME.uprn)
        found = reconsider(told, (), (answer(wrong),), "demand", TODAY)
        assert (found.outcome, found.import_mpan, found.needs_query) == (Outcome.CONFLICT, HOME.mpan, True)
        assert found.candidates == (NEIGHBOUR.mpan,)

    def test_two_found_are_not_picked_from(self) -> None:
        told = SuppliedLocation(uprn=HOME.uprn)
        both = answer(stated(HOME), stated(NEIGHBOUR, uprn=HOME.uprn))
        assert reconsider(told, (), (both,), "demand", TODAY).outcome is Outcome.AMBIGUOUS

    def test_a_later_answer_stands_for_an_earlier_one(self) -> None:
        told = SuppliedLocation(import_mpan=HOME.mpan, meter_serial="NEW-1")
        old, new = answer(stated(HOME)), answer(stated(HOME, meter_serial="new1"), days=1)
        for answers in ((old, new), (new, old)):
            assert reconsider(told, (), answers, "demand", TODAY).outcome is Outcome.SUPPLIED_VERIFIED

    def test_what_an_answer_does_not_mention_stays_known(self) -> None:
        told = SuppliedLocation(import_mpan=HOME.mpan, meter_serial="M1")
        bare = AnsweredMeterPoint(mpan=HOME.mpan, direction="import")
        assert reconsider(told, (HOME,), (answer(bare),), "demand", TODAY).outcome is Outcome.SUPPLIED_VERIFIED

    def test_an_asset_meter_in_an_answer_is_none_either(self) -> None:
        told = SuppliedLocation(uprn=HOME.uprn)
        found = reconsider(told, (), (answer(stated(HOME, kind=MeterPointKind.ASSET_METER)),), "demand", TODAY)
        assert found.outcome is Outcome.NOT_FOUND


points = st.builds(
    stated,
    st.sampled_from([HOME, NEIGHBOUR]),
    uprn=st.sampled_from([None, HOME.uprn, "8"]),
    meter_serial=st.sampled_from([None, "M1", "M2"]),
    direction=st.sampled_from(["import", "export", "neither"]),
    mpan=st.sampled_from([HOME.mpan, NEIGHBOUR.mpan, "1012345678904"]),
)
answers = st.lists(
    st.builds(lambda p, d: answer(*p, days=d), st.lists(points, max_size=3), st.integers(0, 2)), max_size=4
)
places = st.sampled_from(
    [
        SuppliedLocation(uprn=HOME.uprn),
        SuppliedLocation(import_mpan=HOME.mpan),
        SuppliedLocation(import_mpan=HOME.mpan, uprn="8", meter_serial="M2"),
        SuppliedLocation(address_line="12 High Street", postcode="NR1 3PA"),
    ]
)
kinds = st.sampled_from(["demand", "generation", "storage"])


@given(places, answers, kinds, st.randoms())
def test_answers_come_to_the_same_in_any_order(
    place: SuppliedLocation, said: list[MeterPointsAnswered], kind: str, dice: object
) -> None:
    turned = sorted([*said, *said], key=lambda _: dice.random())  # type: ignore[attr-defined]
    assert reconsider(place, (HOME,), said, kind, TODAY) == reconsider(place, (HOME,), turned, kind, TODAY)


@given(places, answers, kinds)
def test_no_answer_replaces_an_mpan_that_was_told(
    place: SuppliedLocation, said: list[MeterPointsAnswered], kind: str
) -> None:
    found = reconsider(place, (), said, kind, TODAY)
    assert place.import_mpan is None or found.import_mpan == place.import_mpan


@given(places, kinds)
def test_without_answers_it_is_the_resolution_of_the_registration(place: SuppliedLocation, kind: str) -> None:
    known = (HOME, NEIGHBOUR)
    assert reconsider(place, known, (), kind, TODAY) == resolve(place, known, kind, TODAY)
