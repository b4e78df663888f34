"""Which physical asset is meant: when two notices are one device, and everything that forbids it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules import identity
from hub.rules.identity import Candidate, Device, decide, premises_differ
from schemas.asset import ExternalId
from schemas.notifications import Notification
from schemas.vocabulary import AssetCategory, DedupeOutcome
from tests.support.notifications import a_battery, a_device, a_removal, an_update
from tests.support.premises import FLAT, HOUSE

A, B = UUID(int=1), UUID(int=2)
HOME = frozenset({("import", HOUSE.import_mpan)})
ELSEWHERE = frozenset({("import", FLAT.import_mpan)})
KNOWN = Device(AssetCategory.BESS, "sample power", "0012345", HOME, HOUSE.uprn, HOUSE.postcode)


def candidate(device: Device = KNOWN, asset_id: UUID = A, *, own: bool = False, removed: bool = False) -> Candidate:
    return Candidate(asset_id, device, own, removed)


def test_nothing_with_its_keys_is_new() -> None:
    found = decide(KNOWN, [])
    assert (found.outcome, found.asset_id) == (DedupeOutcome.NEW, None)


def test_the_same_device_is_one() -> None:
    found = decide(KNOWN, [candidate()])
    assert (found.outcome, found.asset_id, found.own) == (DedupeOutcome.EXACT_DUPLICATE, A, False)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"category": AssetCategory.SOLAR_PV}, DedupeOutcome.RELATED_NOT_SAME),
        ({"category": AssetCategory.HYBRID_INVERTER}, DedupeOutcome.RELATED_NOT_SAME),
        ({"serial": "SN9999999"}, DedupeOutcome.NEEDS_REVIEW),
        ({"mpans": ELSEWHERE}, DedupeOutcome.NEEDS_REVIEW),
        ({"mpans": frozenset(), "uprn": FLAT.uprn}, DedupeOutcome.NEEDS_REVIEW),
        ({"mpans": frozenset(), "uprn": None, "postcode": FLAT.postcode}, DedupeOutcome.NEEDS_REVIEW),
        ({"category": AssetCategory.SOLAR_PV, "mpans": ELSEWHERE}, DedupeOutcome.RELATED_NOT_SAME),
    ],
)
def test_each_veto_keeps_two_devices_apart(told: dict[str, Any], outcome: DedupeOutcome) -> None:
    found = decide(replace(KNOWN, **told), [candidate()])
    assert (found.outcome, found.asset_id, found.others) == (outcome, None, (A,))
    assert found.reasons


@pytest.mark.parametrize(
    "told",
    [
        {"category": None},
        {"serial": None},
        {"maker": "another", "serial": "SN9999999"},
        {"mpans": frozenset(), "uprn": None, "postcode": None},
        {"mpans": frozenset({("export", HOUSE.export_mpan)})},
        {"uprn": "999"},
        {"postcode": FLAT.postcode},
        {"mpans": frozenset(), "postcode": FLAT.postcode},
    ],
    ids=[
        "an update names no category",
        "no serial",
        "serials of two makers",
        "no place",
        "import and export MPAN of one home",
        "the MPAN is stronger than the UPRN",
        "the MPAN is stronger than the postcode",
        "the UPRN is stronger than the postcode",
    ],
)
def test_what_is_no_veto(told: dict[str, Any]) -> None:
    assert decide(replace(KNOWN, **told), [candidate()]).asset_id == A


class TestLines:
    """Lines of one form are devices of their own, whatever is typed twice."""

    @pytest.mark.parametrize(
        ("told", "known", "same"),
        [
            ({("i", "J1", 1)}, {("i", "J1", 2)}, False),
            ({("i", "J1", 1)}, {("i", "J1", 1)}, True),
            ({("i", "J1", 1)}, {("i", "J1", 1), ("i", "J1", 2)}, True),
            ({("i", "J1", 1)}, {("i", "J2", 2)}, True),
            ({("i", "J1", 1)}, {("j", "J1", 2)}, True),
            ({("i", "J1", 1)}, set(), True),
            (set(), {("i", "J1", 2)}, True),
        ],
    )
    def test_two_lines_of_one_form(
        self, told: set[tuple[str, str, int]], known: set[tuple[str, str, int]], same: bool
    ) -> None:
        found = decide(replace(KNOWN, lines=frozenset(told)), [candidate(replace(KNOWN, lines=frozenset(known)))])
        assert (found.asset_id == A) is same
        assert same or found.outcome is DedupeOutcome.NEEDS_REVIEW

    def test_a_hybrid_inverter_is_a_line_for_each_technology(self) -> None:
        pv = replace(KNOWN, category=AssetCategory.SOLAR_PV, lines=frozenset({("i", "J1", 1)}))
        battery = replace(KNOWN, lines=frozenset({("i", "J1", 2)}))
        assert decide(battery, [candidate(pv)]).outcome is DedupeOutcome.RELATED_NOT_SAME


class TestSeveral:
    def test_two_that_fit_are_for_a_person(self) -> None:
        found = decide(KNOWN, [candidate(), candidate(asset_id=B)])
        assert (found.outcome, found.asset_id, found.others) == (DedupeOutcome.NEEDS_REVIEW, None, (A, B))

    def test_one_that_fits_and_one_that_does_not(self) -> None:
        other = candidate(replace(KNOWN, category=AssetCategory.SOLAR_PV), B)
        assert decide(KNOWN, [other, candidate()]).asset_id == A

    def test_the_graver_veto_speaks(self) -> None:
        related = candidate(replace(KNOWN, category=AssetCategory.SOLAR_PV), A)
        moved = candidate(replace(KNOWN, mpans=ELSEWHERE), B)
        assert decide(KNOWN, [related, moved]).outcome is DedupeOutcome.NEEDS_REVIEW

    def test_the_senders_own_reference_wins(self) -> None:
        own = candidate(replace(KNOWN, serial="SN7777777", mpans=ELSEWHERE), B, own=True)
        found = decide(KNOWN, [candidate(), own])
        assert (found.asset_id, found.own) == (B, True)

    def test_a_removed_asset_takes_no_claim_but_its_own_senders(self) -> None:
        assert decide(KNOWN, [candidate(removed=True)]).asset_id is None
        assert decide(KNOWN, [candidate(removed=True, own=True)]).asset_id == A
        assert decide(KNOWN, [candidate(removed=True), candidate(asset_id=B)]).asset_id == B

    @given(
        st.permutations([candidate(), candidate(replace(KNOWN, mpans=ELSEWHERE), B), candidate(asset_id=UUID(int=3))])
    )
    def test_the_order_of_candidates_does_not_matter(self, candidates: list[Candidate]) -> None:
        assert decide(KNOWN, candidates).others == (A, UUID(int=3))


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (Device(None, None, None), Device(None, None, None), False),
        (Device(None, None, None, HOME), Device(None, None, None, HOME), False),
        (Device(None, None, None, HOME), Device(None, None, None, ELSEWHERE), True),
        (Device(None, None, None, HOME), Device(None, None, None, frozenset({("export", "x")})), False),
        (
            Device(None, None, None, HOME | {("export", "y")}),
            Device(None, None, None, ELSEWHERE | {("export", "y")}),
            False,
        ),
        (Device(None, None, None, uprn="1"), Device(None, None, None, uprn="2"), True),
        (Device(None, None, None, uprn="1", postcode="A"), Device(None, None, None, uprn="1", postcode="B"), False),
        (Device(None, None, None, postcode="A"), Device(None, None, None, postcode="B"), True),
        (Device(None, None, None, postcode="A"), Device(None, None, None, uprn="1"), False),
    ],
)
def test_two_places_by_the_strongest_key_that_both_have(one: Device, other: Device, differ: bool) -> None:
    assert premises_differ(one, other) is differ
    assert premises_differ(other, one) is differ


def schemes(notice: Notification) -> list[str]:
    return [scheme for scheme, _, _ in identity.keys(notice.source, notice)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (a_battery(), ["reference"]),
        (a_device(), ["reference", "serial"]),
        (an_update(), ["reference"]),
        (a_removal(), ["reference"]),
        (a_device(serial="12345"), ["reference"]),
        (a_device(serial="N/A"), ["reference"]),
        (a_device(serial="000000"), ["reference"]),
        (a_device(serial="123456"), ["reference"]),
        (a_device(manufacturer=None), ["reference"]),
        (a_device(manufacturer="unknown"), ["reference"]),
        (a_battery(external_ids=(ExternalId(scheme="OCPP", value="CP-1"),)), ["reference", "external:OCPP"]),
        (a_battery(external_ids=(ExternalId(scheme="VIN", value="X"),)), ["reference", "external:VIN"]),
        (a_battery(external_ids=(ExternalId(scheme="MAC", value="X"),)), ["reference"]),
        (a_battery(external_ids=(ExternalId(scheme="MCS_CERTIFICATE", value="X"),)), ["reference"]),
        (a_battery(external_ids=(ExternalId(scheme="AMSID", value="X"),)), ["reference"]),
        (a_battery(external_ids=(ExternalId(scheme="ENA_TYPE_TEST", value="X"),)), ["reference"]),
        (a_battery(external_ids=(ExternalId(scheme="OF-OUR-OWN", value="X"),)), ["reference", "external:OF-OUR-OWN"]),
    ],
)
def test_what_leads_to_an_asset(told: Notification, expected: list[str]) -> None:
    assert schemes(told) == expected


@pytest.mark.parametrize(
    ("maker", "serial"),
    [
        ("Sample Power Ltd", "SN-0012345"),
        ("SAMPLE POWER LIMITED", "sn 0012345"),
        ("sample power", " SN0012345 "),
        ("Sample Power", "\N{FULLWIDTH LATIN CAPITAL LETTER S}N0012345"),
    ],
)
def test_one_serial_in_every_spelling(maker: str, serial: str) -> None:
    assert identity.serial_key(maker, serial) == ("serial", "sample power", "0012345")


def test_an_external_id_is_unique_within_its_issuer() -> None:
    own = a_battery(external_ids=(ExternalId(scheme="OCPP", value="CP-1"),))
    others = a_battery("oem-1", external_ids=(ExternalId(scheme="OCPP", value="CP-1"),))
    named = a_battery("oem-1", external_ids=(ExternalId(scheme="OCPP", value="CP-1", issuer="installer-1"),))
    keys = [identity.keys(n.source, n)[1] for n in (own, others, named)]
    assert keys[0] != keys[1] and keys[0] == keys[2]


def test_nothing_that_names_a_household_is_in_a_repr() -> None:
    shown = repr(KNOWN)
    assert "0012345" not in shown and HOUSE.import_mpan not in shown and HOUSE.uprn not in shown
