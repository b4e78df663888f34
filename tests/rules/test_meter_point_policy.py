"""What the meter point policy never does, and the look-alikes that it knows."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.meter_point import KnownMeterPoint, Resolution, SuppliedLocation, resolve
from schemas.identifiers import check_digit
from schemas.vocabulary import MeterPointKind
from schemas.vocabulary import MpanResolution as Outcome
from tests.support.premises import a_meter_point, an_mpan

TODAY = date(2026, 11, 2)
FLAT = a_meter_point(1, address_line="Flat 1, 10 High Street", meter_serial="21E-50 12345")
EXPORT = replace(FLAT, mpan=an_mpan("10", 2), direction="export", meter_serial=None)
LANDLORD = replace(
    FLAT, mpan=an_mpan("10", 3), kind=MeterPointKind.LANDLORD, meter_serial="L1", address_line="10 High Street"
)
CHARGING = replace(FLAT, mpan=an_mpan("10", 4), kind=MeterPointKind.EV, meter_serial="V1")
ASSET_METER = replace(FLAT, mpan=an_mpan("10", 5), kind=MeterPointKind.ASSET_METER, meter_serial="A1")
PAIRED = replace(FLAT, mpan=an_mpan("10", 6), meter_serial="T1")


def judge(kind: str, known: tuple[KnownMeterPoint, ...], **supplied: str) -> Resolution:
    return resolve(SuppliedLocation(**supplied), known, kind, TODAY)


class TestSeveralSuppliesAtOnePlace:
    @pytest.mark.parametrize(
        ("others", "word"),
        [
            ((LANDLORD,), "landlord"),
            ((CHARGING,), "vehicles"),
            ((replace(PAIRED, related_mpan=FLAT.mpan),), "two related"),
            ((PAIRED,), "2 meter points"),
            ((LANDLORD, CHARGING), "landlord's supply and a supply for charging"),
        ],
        ids=["landlord", "charging", "related pair", "two", "three"],
    )
    def test_are_never_picked_from_and_the_reason_says_what_they_are(
        self, others: tuple[KnownMeterPoint, ...], word: str
    ) -> None:
        found = judge("demand", (FLAT, *others), uprn=FLAT.uprn or "")
        assert (found.outcome, found.import_mpan) == (Outcome.AMBIGUOUS, None)
        assert found.candidates == tuple(sorted(p.mpan for p in (FLAT, *others)))
        assert word in found.reasons[0]

    @pytest.mark.parametrize("only", [LANDLORD, CHARGING], ids=["landlord", "charging"])
    def test_a_supply_that_is_not_of_the_premises_is_no_answer_even_alone(self, only: KnownMeterPoint) -> None:
        found = judge("demand", (only,), uprn=FLAT.uprn or "")
        assert (found.outcome, found.import_mpan, found.candidates) == (Outcome.AMBIGUOUS, None, (only.mpan,))

    def test_the_meter_itself_tells_them_apart(self) -> None:
        known = (FLAT, LANDLORD, CHARGING)
        assert judge("demand", known, uprn=FLAT.uprn or "", meter_serial="v-1").import_mpan == CHARGING.mpan

    def test_the_mpan_tells_them_apart(self) -> None:
        found = judge("demand", (FLAT, LANDLORD), uprn=FLAT.uprn or "", import_mpan=LANDLORD.mpan)
        assert (found.outcome, found.import_mpan) == (Outcome.SUPPLIED_VERIFIED, LANDLORD.mpan)


class TestLookAlikes:
    def test_an_asset_meters_number_is_refused_and_the_premises_looked_up(self) -> None:
        found = judge("demand", (FLAT, ASSET_METER), import_mpan=ASSET_METER.mpan, uprn=FLAT.uprn or "")
        assert (found.outcome, found.import_mpan) == (Outcome.INVALID_FORMAT, None)
        assert found.candidates == (FLAT.mpan,)
        assert "asset meter (AMSID)" in found.reasons[0]

    def test_an_asset_meter_is_never_found_by_address_uprn_or_serial(self) -> None:
        for key in ({"uprn": FLAT.uprn or ""}, {"meter_serial": "A1"}, {"postcode": "NR1 3PA"}):
            found = judge("demand", (ASSET_METER,), **key)
            assert (found.outcome, found.candidates) == (Outcome.NOT_FOUND, ())

    @pytest.mark.parametrize(
        ("written", "word"),
        [
            ("1.01235E+12", "spreadsheet"),
            ("2.00006E+12", "spreadsheet"),
            ("4012345678", "MPRN"),
            ("7612345", "MPRN"),
            ("1234", "transmission"),
            ("101234567890", "12"),
            ("1012345678904", "check digit"),
            ("0112345678903", "10 or more"),
            ("MPAN 10123456789", "other characters"),
        ],
    )
    def test_a_number_that_is_no_mpan_loses_its_field_and_not_the_message(self, written: str, word: str) -> None:
        found = judge("demand", (FLAT,), import_mpan=written, uprn=FLAT.uprn or "")
        assert (found.outcome, found.import_mpan) == (Outcome.INVALID_FORMAT, None)
        assert found.candidates == (FLAT.mpan,)
        assert word in found.reasons[0]
        assert written not in " ".join(found.reasons)

    @pytest.mark.parametrize("top", ["03801100", "00 0000 A1B ", "S 01 801 ABC "])
    def test_supply_numbers_of_both_lengths_give_their_core(self, top: str) -> None:
        found = judge("demand", (FLAT,), import_mpan=f"{top}{FLAT.mpan}", uprn=FLAT.uprn or "")
        assert (found.outcome, found.import_mpan) == (Outcome.SUPPLIED_VERIFIED, FLAT.mpan)

    @pytest.mark.parametrize("written", ["data not available", "not applicable", "-", "N/A", ""])
    def test_words_for_nothing_are_nothing(self, written: str) -> None:
        assert judge("demand", (FLAT,), import_mpan=written, uprn=FLAT.uprn or "").outcome is Outcome.RESOLVED_EXACT


@pytest.mark.parametrize("written", ["21E5012345", "21e-5012345", "21E 50 12345", "\uff12\uff11E5012345"])
def test_meter_serials_are_compared_without_what_people_vary(written: str) -> None:
    assert judge("demand", (FLAT,), meter_serial=written).import_mpan == FLAT.mpan
    verified = judge("demand", (FLAT,), meter_serial=written, import_mpan=FLAT.mpan)
    assert verified.outcome is Outcome.SUPPLIED_VERIFIED


class TestExport:
    def test_a_generator_without_an_export_mpan_stands_on_its_import_mpan_for_now(self) -> None:
        found = judge("generation", (FLAT,), import_mpan=FLAT.mpan, uprn=FLAT.uprn or "")
        assert (found.outcome, found.import_mpan, found.export_mpan) == (Outcome.PENDING_EXPORT_MPAN, FLAT.mpan, None)
        assert not found.needs_query

    def test_once_it_is_raised_it_is_found(self) -> None:
        found = judge("generation", (FLAT, EXPORT), import_mpan=FLAT.mpan, uprn=FLAT.uprn or "")
        assert (found.outcome, found.export_mpan) == (Outcome.RESOLVED_EXACT, EXPORT.mpan)

    def test_two_export_meter_points_are_not_picked_from(self) -> None:
        known = (FLAT, EXPORT, replace(EXPORT, mpan=an_mpan("10", 9)))
        found = judge("generation", known, import_mpan=FLAT.mpan, uprn=FLAT.uprn or "")
        assert (found.outcome, found.export_mpan) == (Outcome.AMBIGUOUS, None)


digits = st.text("0123456789", min_size=10, max_size=10)
well_formed = st.builds(lambda d, rest: f"{d}{rest}{check_digit(d + rest)}", st.sampled_from(["10", "25"]), digits)
points = st.builds(
    replace,
    st.sampled_from([FLAT, EXPORT, LANDLORD, CHARGING, ASSET_METER, PAIRED]),
    mpan=well_formed,
    uprn=st.sampled_from([None, "1", "2"]),
    meter_serial=st.sampled_from([None, "M1", "M2"]),
    address_line=st.sampled_from([None, "1 High Street", "2 High Street"]),
    live_to=st.sampled_from([None, TODAY]),
)
places = st.fixed_dictionaries(
    {},
    optional={
        "uprn": st.sampled_from(["1", "2", "3"]),
        "meter_serial": st.sampled_from(["M1", "m-2", "M3"]),
        "address_line": st.sampled_from(["1 High St", "2 High Street"]),
        "postcode": st.sampled_from(["NR1 3PA", "LS2 8BT"]),
    },
)
kinds = st.sampled_from(["demand", "generation", "storage", "both"])


@given(well_formed, places, kinds)
def test_a_passing_check_digit_alone_is_never_proof(number: str, place: dict[str, str], kind: str) -> None:
    found = resolve(SuppliedLocation(import_mpan=number, **place), (), kind, TODAY)
    assert found.outcome not in (Outcome.SUPPLIED_VERIFIED, Outcome.RESOLVED_EXACT, Outcome.RESOLVED_PROBABLE)
    assert found.import_mpan == number


@given(well_formed, places, kinds, st.lists(points, max_size=6))
def test_what_was_given_is_never_replaced_by_another_number(
    number: str, place: dict[str, str], kind: str, known: list[KnownMeterPoint]
) -> None:
    found = resolve(SuppliedLocation(import_mpan=number, **place), known, kind, TODAY)
    assert found.import_mpan in (number, None)
    if found.outcome is Outcome.CONFLICT:
        assert found.needs_query


@given(places, kinds, st.lists(points, max_size=6))
def test_what_is_ambiguous_is_never_picked(place: dict[str, str], kind: str, known: list[KnownMeterPoint]) -> None:
    found = resolve(SuppliedLocation(**place), known, kind, TODAY)
    for outcome, number in ((found.import_outcome, found.import_mpan), (found.export_outcome, found.export_mpan)):
        if outcome is Outcome.AMBIGUOUS:
            assert number is None
            assert found.candidates
            assert found.needs_query


@given(places, kinds, st.lists(points, max_size=6, unique_by=lambda p: p.mpan), st.randoms())
def test_the_order_of_candidates_does_not_matter(
    place: dict[str, str], kind: str, known: list[KnownMeterPoint], dice: object
) -> None:
    turned = sorted(known, key=lambda _: dice.random())  # type: ignore[attr-defined]
    one, other = (resolve(SuppliedLocation(**place), some, kind, TODAY) for some in (known, turned))
    assert (one.outcome, one.import_mpan, one.export_mpan) == (other.outcome, other.import_mpan, other.export_mpan)
    assert set(one.candidates) == set(other.candidates)


@given(places, kinds, st.lists(points, max_size=6))
def test_no_ended_meter_point_and_no_asset_meter_is_ever_found(
    place: dict[str, str], kind: str, known: list[KnownMeterPoint]
) -> None:
    found = resolve(SuppliedLocation(**place), known, kind, TODAY)
    usable = {p.mpan for p in known if p.is_live(TODAY) and p.kind != MeterPointKind.ASSET_METER}
    assert {found.import_mpan, found.export_mpan, *found.candidates} - {None} <= usable
