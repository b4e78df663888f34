"""Where an asset is connected: every outcome of the policy, and the operators that follow from it."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.meter_point import KnownMeterPoint, Resolution, SuppliedLocation, operators_for, resolve
from schemas.identifiers import check_digit
from schemas.reference import load
from schemas.vocabulary import MpanResolution as Outcome

TODAY = date(2026, 11, 2)


def mpan(first_12: str) -> str:
    return first_12 + check_digit(first_12)


HOME = KnownMeterPoint(
    mpan=mpan("101234567890"),
    direction="import",
    uprn="100023456",
    address_line="12 High Street",
    postcode="NR1 3PA",
    meter_serial="21E5012345",
    distributor_id="10",
    gsp_group="_A",
    live_from=date(2010, 1, 1),
)
HOME_EXPORT = replace(HOME, mpan=mpan("101234599999"), direction="export")
NEXT_DOOR = replace(
    HOME,
    mpan=mpan("101234567999"),
    uprn="100023457",
    address_line="14 High Street",
    meter_serial="21E5067890",
)
ESTATE = replace(
    HOME, mpan=mpan("255566677700"), distributor_id="25", gsp_group="_A", uprn="2", meter_serial="Z9Z9Z9Z9"
)
KNOWN = (HOME, HOME_EXPORT, NEXT_DOOR)


def judge(kind: str = "demand", known: tuple[KnownMeterPoint, ...] = KNOWN, **supplied: str) -> Resolution:
    return resolve(SuppliedLocation(**supplied), known, kind, TODAY)


SWAPPED = HOME.mpan[:11] + HOME.mpan[12] + HOME.mpan[11]

CASES = [
    # supplied MPAN against the registry
    ("demand", {"import_mpan": HOME.mpan, "meter_serial": "21e5 012345"}, Outcome.SUPPLIED_VERIFIED),
    ("demand", {"import_mpan": HOME.mpan, "uprn": "0100023456"}, Outcome.SUPPLIED_VERIFIED),
    ("demand", {"import_mpan": HOME.mpan, "postcode": "NR13PA"}, Outcome.SUPPLIED_VERIFIED),
    (
        "demand",
        {"import_mpan": HOME.mpan, "uprn": "100023456", "meter_serial": "NEWMETER1"},
        Outcome.SUPPLIED_VERIFIED,
    ),
    ("demand", {"import_mpan": HOME.mpan}, Outcome.RESOLVED_EXACT),
    ("demand", {"import_mpan": HOME.mpan, "uprn": "999"}, Outcome.CONFLICT),
    ("demand", {"import_mpan": HOME.mpan, "postcode": "LS2 8BT"}, Outcome.CONFLICT),
    (
        "demand",
        {"import_mpan": HOME.mpan, "postcode": "NR1 3PA", "address_line": "14 High St"},
        Outcome.CONFLICT,
    ),
    (
        "demand",
        {"import_mpan": HOME.mpan, "meter_serial": "NEWMETER1", "postcode": "NR1 3PA"},
        Outcome.CONFLICT,
    ),
    ("demand", {"import_mpan": HOME_EXPORT.mpan}, Outcome.CONFLICT),
    ("demand", {"import_mpan": HOME.mpan, "dno_code": "SPEN_SPM"}, Outcome.CONFLICT),
    (
        "demand",
        {"import_mpan": HOME.mpan, "dno_code": "Eastern Power Networks (EPN)"},
        Outcome.RESOLVED_EXACT,
    ),
    ("demand", {"import_mpan": HOME.mpan, "dno_code": "no such operator"}, Outcome.RESOLVED_EXACT),
    ("demand", {"import_mpan": HOME.mpan, "postcode": "BT1 5GS"}, Outcome.CONFLICT),
    ("storage", {"import_mpan": HOME.mpan, "export_mpan": HOME.mpan}, Outcome.CONFLICT),
    ("demand", {"import_mpan": SWAPPED, "uprn": "100023456"}, Outcome.CONFLICT),
    ("demand", {"import_mpan": mpan("200000000001")}, Outcome.NOT_FOUND),
    ("demand", {"import_mpan": "1012345678904", "uprn": "100023456"}, Outcome.INVALID_FORMAT),
    ("generation", {"import_mpan": "4012345678"}, Outcome.INVALID_FORMAT),
    ("generation", {"import_mpan": "4012345678", "uprn": "100023456"}, Outcome.INVALID_FORMAT),
    # look-up
    ("demand", {"meter_serial": "21E5012345"}, Outcome.RESOLVED_EXACT),
    ("demand", {"uprn": "100023457", "import_mpan": "data not available"}, Outcome.RESOLVED_EXACT),
    ("demand", {"address_line": "12 High St", "postcode": "NR1 3PA"}, Outcome.RESOLVED_PROBABLE),
    ("demand", {"postcode": "NR1 3PA"}, Outcome.AMBIGUOUS),
    ("demand", {"meter_serial": "21E5012345", "uprn": "100023457"}, Outcome.CONFLICT),
    ("demand", {"address_line": "99 High Street", "postcode": "NR1 3PA"}, Outcome.NOT_FOUND),
    ("demand", {"postcode": "BT1 5GS"}, Outcome.NOT_FOUND),
    # what each kind of asset needs
    ("generation", {"import_mpan": NEXT_DOOR.mpan, "uprn": "100023457"}, Outcome.PENDING_EXPORT_MPAN),
    ("generation", {"import_mpan": NEXT_DOOR.mpan, "postcode": "NR1 3PA"}, Outcome.PENDING_EXPORT_MPAN),
    ("generation", {"uprn": "100023456"}, Outcome.RESOLVED_EXACT),
    ("generation", {"export_mpan": HOME_EXPORT.mpan, "uprn": "100023456"}, Outcome.RESOLVED_EXACT),
    ("storage", {"import_mpan": NEXT_DOOR.mpan, "uprn": "100023457"}, Outcome.SUPPLIED_VERIFIED),
    ("both", {"export_mpan": HOME_EXPORT.mpan, "meter_serial": "another"}, Outcome.CONFLICT),
]


@pytest.mark.parametrize(("kind", "supplied", "outcome"), CASES)
def test_the_policy_row_by_row(kind: str, supplied: dict[str, str], outcome: Outcome) -> None:
    resolution = resolve(SuppliedLocation(**supplied), KNOWN, kind, TODAY)
    assert resolution.outcome is outcome
    assert resolution.reasons


def test_every_outcome_of_the_status_model_is_reached() -> None:
    assert {outcome for _, _, outcome in CASES} == set(load.statuses("mpan_resolution"))


QUERIED = {Outcome.CONFLICT, Outcome.INVALID_FORMAT, Outcome.AMBIGUOUS, Outcome.RESOLVED_PROBABLE}


@pytest.mark.parametrize(("kind", "supplied", "outcome"), CASES)
def test_what_is_doubtful_is_queried_and_what_only_waits_is_not(
    kind: str, supplied: dict[str, str], outcome: Outcome
) -> None:
    assert resolve(SuppliedLocation(**supplied), KNOWN, kind, TODAY).needs_query == (outcome in QUERIED)


def test_an_unknown_distributor_is_kept_and_queried() -> None:
    resolution = judge(import_mpan="9900011122236")
    assert resolution.outcome is Outcome.NOT_FOUND
    assert resolution.import_mpan == "9900011122236"
    assert resolution.needs_query


def test_a_conflict_never_overwrites_what_was_given_and_offers_the_registrys_number() -> None:
    resolution = judge(import_mpan=SWAPPED, uprn="100023456")
    assert resolution.import_mpan == SWAPPED
    assert resolution.candidates == (HOME.mpan,)


def test_a_wrong_number_is_refused_but_the_property_is_still_looked_up() -> None:
    resolution = judge(import_mpan="1012345678904", uprn="100023456")
    assert resolution.import_mpan is None
    assert resolution.candidates == (HOME.mpan,)
    assert resolution.distributor_id == "10"
    assert any("call for 3" in reason for reason in resolution.reasons)


def test_a_supply_number_is_kept_as_its_core() -> None:
    assert judge(import_mpan=f"S 03 801 100 {HOME.mpan}").import_mpan == HOME.mpan


def test_a_meter_point_that_has_ended_is_no_answer() -> None:
    ended = replace(HOME, live_to=TODAY)
    assert judge(known=(ended,), uprn="100023456").outcome is Outcome.NOT_FOUND
    assert judge(known=(ended,), import_mpan=HOME.mpan).outcome is Outcome.CONFLICT
    reopened = replace(HOME, live_from=TODAY)
    assert judge(known=(ended, reopened), import_mpan=HOME.mpan).outcome is Outcome.RESOLVED_EXACT


def test_a_related_pair_stays_ambiguous_and_is_called_one() -> None:
    other = replace(HOME, mpan=mpan("101234511111"), related_mpan=HOME.mpan)
    resolution = judge(known=(replace(HOME, related_mpan=other.mpan), other), uprn="100023456")
    assert resolution.outcome is Outcome.AMBIGUOUS
    assert "two related meter points" in resolution.reasons[0]


def test_one_meter_point_in_a_postcode_is_a_candidate_and_not_an_answer() -> None:
    resolution = judge(known=(HOME,), postcode="NR1 3PA")
    assert (resolution.outcome, resolution.import_mpan) == (Outcome.RESOLVED_PROBABLE, None)
    assert resolution.candidates == (HOME.mpan,)


def test_the_prefix_gives_the_area_only_by_default() -> None:
    assert judge(import_mpan=mpan("200000000001")).gsp_group == "_H"
    away = replace(HOME, gsp_group="_C")
    resolution = judge(known=(away,), import_mpan=HOME.mpan)
    assert (resolution.gsp_group, resolution.distributor_id, resolution.host_distributor_id) == (
        "_C",
        "10",
        "12",
    )
    assert judge(import_mpan=mpan("245556667778")).gsp_group is None


def test_an_installer_may_name_the_dno_around_an_independent_network() -> None:
    assert judge(known=(ESTATE,), import_mpan=ESTATE.mpan, dno_code="UKPN_EPN").outcome is Outcome.RESOLVED_EXACT
    assert judge(known=(ESTATE,), import_mpan=ESTATE.mpan, dno_code="SPEN_SPM").outcome is Outcome.CONFLICT
    assert judge(known=(), import_mpan=ESTATE.mpan, dno_code="SPEN_SPM").outcome is Outcome.NOT_FOUND


def test_places_outside_great_britain_are_told_so() -> None:
    assert any("Northern Ireland" in reason for reason in judge(postcode="BT1 5GS").reasons)
    assert any("Jersey" in reason for reason in judge(postcode="JE2 3AB").reasons)
    assert any("half" in reason for reason in judge(postcode="NN17").reasons)


@given(st.integers(2, 6), st.sampled_from(["demand", "generation", "storage", "both"]), st.randoms())
def test_nothing_is_ever_picked_from_two(count: int, kind: str, shuffler: Random) -> None:
    flats = [
        replace(point, mpan=mpan(f"10{number:04d}{point.direction == 'export':06d}"))
        for number in range(count)
        for point in (HOME, HOME_EXPORT)
    ]
    shuffler.shuffle(flats)
    resolution = resolve(SuppliedLocation(uprn=HOME.uprn), flats, kind, TODAY)
    assert resolution.outcome is Outcome.AMBIGUOUS
    assert (resolution.import_mpan, resolution.export_mpan) == (None, None)
    assert len(resolution.candidates) >= count
    assert resolution.distributor_id == "10"


location_texts = st.one_of(st.none(), st.text(max_size=30), st.sampled_from([HOME.mpan, SWAPPED, "-", "NR1 3PA", "2"]))


@given(
    st.builds(SuppliedLocation, *[location_texts] * 7),
    st.sampled_from(["demand", "generation", "storage", "both"]),
)
def test_any_text_resolves_and_no_identifier_shows(supplied: SuppliedLocation, kind: str) -> None:
    resolution = resolve(supplied, KNOWN, kind, TODAY)
    shown = repr(resolution)
    assert not any(point.mpan in shown for point in KNOWN)
    assert {resolution.import_mpan, resolution.export_mpan}.isdisjoint(resolution.candidates)


def routes(resolution: Resolution, declared: str | None = None) -> list[tuple[str, str]]:
    return [(operator.code, operator.basis) for operator in operators_for(resolution, declared)]


@pytest.mark.parametrize(
    ("resolution", "declared", "expected"),
    [
        (judge(import_mpan=HOME.mpan), None, [("UKPN_EPN", "meter_point")]),
        (judge(import_mpan=HOME.mpan), "SPEN_SPM", [("UKPN_EPN", "meter_point")]),
        (
            judge(known=(ESTATE,), import_mpan=ESTATE.mpan),
            None,
            [("IDNO_ESP", "meter_point"), ("UKPN_EPN", "host_network")],
        ),
        (
            judge(known=(), import_mpan=ESTATE.mpan),
            "SPM",
            [("IDNO_ESP", "meter_point"), ("SPEN_SPM", "declared")],
        ),
        (judge(known=(), import_mpan=ESTATE.mpan), None, [("IDNO_ESP", "meter_point")]),
        (judge(known=(), import_mpan=ESTATE.mpan), "LENG", [("IDNO_ESP", "meter_point")]),
        (judge(import_mpan="9900011122236"), "UKPN_LPN", [("UKPN_LPN", "declared")]),
        (judge(known=(), uprn="1"), "UKPN_LPN", [("UKPN_LPN", "declared")]),
        (judge(known=(), uprn="1"), None, []),
        (judge(postcode="NR1 3PA"), None, [("UKPN_EPN", "meter_point")]),
        (
            judge(known=(replace(HOME, gsp_group="_C"),), import_mpan=HOME.mpan),
            None,
            [("UKPN_EPN", "meter_point"), ("UKPN_LPN", "host_network")],
        ),
        (judge(known=(), import_mpan=mpan("280001234567")), None, [("IDNO_EDFI", "meter_point")]),
    ],
)
def test_operators_follow_the_meter_point_and_neso_always(
    resolution: Resolution, declared: str | None, expected: list[tuple[str, str]]
) -> None:
    assert routes(resolution, declared) == [*expected, ("NESO", "national")]


def test_nobody_is_told_of_an_asset_outside_great_britain() -> None:
    assert routes(judge(postcode="BT1 5GS"), "UKPN_LPN") == []


def test_a_missing_host_network_is_said() -> None:
    (own, _) = operators_for(judge(known=(), import_mpan=ESTATE.mpan), None)
    assert "not known" in own.reason
