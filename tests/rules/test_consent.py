"""Who may see an asset in the market: fail closed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.consent import ConsentRecord, ConsentSubject, decide
from schemas.reference import load
from schemas.vocabulary import ConsentStatus

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GIVEN = ConsentRecord("C-1", "sparks", ConsentStatus.ACTIVE, NOW - DAY, NOW + DAY)

CASES = [
    ("sparks", "C-1", GIVEN, ConsentStatus.ACTIVE, True),
    ("sparks", "C-1", replace(GIVEN, valid_to=None), ConsentStatus.ACTIVE, True),
    ("sparks", "C-1", replace(GIVEN, status=ConsentStatus.NOT_REQUIRED), ConsentStatus.NOT_REQUIRED, True),
    ("sparks", "C-1", None, ConsentStatus.UNKNOWN, False),
    ("sparks", None, GIVEN, ConsentStatus.UNKNOWN, False),
    (None, "C-1", GIVEN, ConsentStatus.UNKNOWN, False),
    ("rival", "C-1", GIVEN, ConsentStatus.UNKNOWN, False),
    ("sparks", "C-2", GIVEN, ConsentStatus.UNKNOWN, False),
    ("sparks", "C-1", replace(GIVEN, valid_to=NOW), ConsentStatus.EXPIRED, False),
    ("sparks", "C-1", replace(GIVEN, valid_from=NOW + DAY), ConsentStatus.UNKNOWN, False),
    ("sparks", "C-1", replace(GIVEN, status=ConsentStatus.WITHDRAWN), ConsentStatus.WITHDRAWN, False),
    ("sparks", "C-1", replace(GIVEN, status=ConsentStatus.SUPERSEDED), ConsentStatus.SUPERSEDED, False),
    ("sparks", "C-1", replace(GIVEN, status=ConsentStatus.EXPIRED), ConsentStatus.EXPIRED, False),
    ("sparks", "C-1", replace(GIVEN, status=ConsentStatus.UNKNOWN), ConsentStatus.UNKNOWN, False),
]


@pytest.mark.parametrize(("fsp", "reference", "record", "status", "visible"), CASES)
def test_only_a_consent_in_force_makes_an_asset_visible(
    fsp: str | None, reference: str | None, record: ConsentRecord | None, status: ConsentStatus, visible: bool
) -> None:
    decision = decide(fsp, reference, record, NOW)
    assert (decision.status, decision.market_visible) == (status, visible)
    assert decision.reason.endswith(".")


def test_every_status_of_the_model_is_reached() -> None:
    assert {status for *_, status, _ in CASES} == set(load.statuses("consent_status"))


def test_a_consent_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    record = replace(GIVEN, valid_from=NOW)
    assert decide("sparks", "C-1", record, NOW).market_visible
    assert not decide("sparks", "C-1", record, NOW + DAY).market_visible


@pytest.mark.parametrize(
    ("record", "visible"),
    [
        (GIVEN, True),
        (replace(GIVEN, mpan="1012345678903"), True),
        (replace(GIVEN, uprn="100023456"), True),
        (replace(GIVEN, asset_key="a1"), True),
        (replace(GIVEN, mpan="1234567890126"), False),
        (replace(GIVEN, uprn="7"), False),
        (replace(GIVEN, asset_key="a2"), False),
        (replace(GIVEN, mpan="1234567890126", uprn="100023456"), True),
    ],
)
def test_a_consent_for_another_home_opens_nothing(record: ConsentRecord, visible: bool) -> None:
    subject = ConsentSubject("a1", frozenset({"1012345678903"}), "100023456")
    assert decide("sparks", "C-1", record, NOW, subject).market_visible == visible


def test_a_consent_for_a_home_opens_nothing_for_an_asset_whose_home_is_unknown() -> None:
    assert not decide("sparks", "C-1", replace(GIVEN, uprn="7"), NOW, ConsentSubject()).market_visible


@given(
    st.sampled_from(["sparks", "rival", None]),
    st.sampled_from(["C-1", "C-2", None]),
    st.none()
    | st.builds(
        ConsentRecord,
        st.sampled_from(["C-1", "C-2"]),
        st.sampled_from(["sparks", "rival"]),
        st.sampled_from(ConsentStatus),
        st.sampled_from([NOW - DAY, NOW, NOW + DAY]),
        st.sampled_from([None, NOW - DAY, NOW, NOW + DAY]),
    ),
)
def test_what_is_visible_has_a_matching_consent_in_force(
    fsp: str | None, reference: str | None, record: ConsentRecord | None
) -> None:
    if decide(fsp, reference, record, NOW).market_visible:
        assert record is not None
        assert (record.fsp, record.reference) == (fsp, reference)
        assert record.valid_from <= NOW and (record.valid_to is None or record.valid_to > NOW)
        assert record.status in (ConsentStatus.ACTIVE, ConsentStatus.NOT_REQUIRED)
