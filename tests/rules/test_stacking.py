"""What stands against the services of one asset."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.service import Service
from hub.rules.stacking import Policy, check
from schemas.reference import load
from schemas.vocabulary import Direction

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def service(
    code: str,
    procurer: str = "NESO",
    direction: Direction = Direction.DEMAND_DOWN,
    starts: datetime = NOON,
    kw: str | None = None,
    fsp: str | None = None,
) -> Service:
    return Service(code, procurer, direction, starts, starts + HOUR, Decimal(kw) if kw else None, fsp)


def found(*services: Service, policy: Policy = "evidence_only", rated: str | None = None) -> dict[str, str]:
    findings = check(services, policy, Decimal(rated) if rated else None)
    return {finding.rule_id: finding.severity for finding in findings}


@pytest.mark.parametrize(
    ("one", "other", "policy", "expected"),
    [
        ("BM", "DFS", "evidence_only", {"STK-PROHIBITED": "blocking"}),
        ("BM", "DFS", "stacking_by_default", {"STK-PROHIBITED": "blocking"}),
        ("BM", "OU_2_15", "evidence_only", {"STK-PROHIBITED": "warning"}),  # implied only: never blocks
        ("DC", "MWD", "evidence_only", {"STK-UNKNOWN": "warning"}),
        ("DC", "MWD", "stacking_by_default", {}),
        ("WM", "SU", "evidence_only", {"STK-JUMPING-ONLY": "warning"}),
        ("WM", "SU", "stacking_by_default", {}),
        ("DC", "SU", "evidence_only", {}),  # the published worked example of splitting
        ("CM", "DC", "evidence_only", {}),
        ("CM", "SU", "stacking_by_default", {"STK-UNKNOWN": "warning"}),
        ("DC", "CMP", "evidence_only", {"STK-UNKNOWN": "warning"}),  # no row is not "allowed"
        ("DC", "DC", "evidence_only", {"STK-SAME-PRODUCT": "warning"}),
    ],
)
def test_a_pair_is_judged_by_the_table(one: str, other: str, policy: Policy, expected: dict[str, str]) -> None:
    assert found(service(one), service(other), policy=policy) == expected


def test_every_cell_of_the_table_can_be_judged_and_only_firm_ones_block() -> None:
    for codes, pair in load.stacking_pairs().items():
        one, other = codes
        for policy in ("evidence_only", "stacking_by_default"):
            for finding in check((service(one), service(other)), policy):
                assert (finding.severity == "blocking") <= (pair.firmness == "firm")
                assert {one, other} == set(finding.products)
                assert one in finding.sentence and other in finding.sentence


def test_services_one_after_the_other_do_not_meet() -> None:
    assert found(service("BM"), service("DFS", starts=NOON + HOUR)) == {}


def test_opposite_directions_are_a_matter_of_primacy() -> None:
    down = service("SU", "UKPN_EPN", Direction.GENERATION_DOWN)
    assert "STK-OPPOSITE" in found(service("DC"), down)
    assert "STK-OPPOSITE" not in found(service("DC"), replace(down, direction=Direction.GENERATION_UP))


@pytest.mark.parametrize(
    ("one_kw", "other_kw", "over"), [("3", "3.68", False), ("4", "3.68", True), (None, "9", False)]
)
def test_split_services_must_fit_the_rating(one_kw: str | None, other_kw: str, over: bool) -> None:
    findings = found(service("DC", kw=one_kw), service("SU", "UKPN", kw=other_kw), rated="7.36")
    assert ("STK-CAPACITY" in findings) == over


def test_three_services_that_fit_in_pairs_may_still_be_too_much() -> None:
    three = [service(code, kw="3") for code in ("DC", "DM", "DR")]
    assert "STK-CAPACITY" not in found(*three[:2], rated="7")
    assert "STK-CAPACITY" in found(*three, rated="7")


def test_co_delivery_uses_the_same_kilowatts() -> None:
    assert "STK-CAPACITY" not in found(service("CM", "DESNZ", kw="7"), service("DC", kw="7"), rated="7")
    split = (service("DC", kw="4"), service("DM", kw="4"))
    assert "STK-CAPACITY" in found(service("CM", "DESNZ", kw="7"), *split, rated="7")


def test_a_service_that_has_ended_frees_its_kilowatts() -> None:
    assert "STK-CAPACITY" not in found(service("DC", kw="5"), service("DM", kw="5", starts=NOON + HOUR), rated="7")


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        (service("DFS", fsp="north"), service("DFS", fsp="south"), {"H1"}),
        (service("DC", fsp="north"), service("QR", fsp="south"), {"H2"}),
        (service("DC", fsp="north"), service("QR", fsp="north"), set()),
        (service("DC", fsp="north"), service("QR"), set()),
        (service("DFS", fsp="north"), service("SU", "UKPN", fsp="south"), set()),
    ],
)
def test_some_services_go_through_one_provider_only(one: Service, other: Service, rules: set[str]) -> None:
    findings = check((one, other), "stacking_by_default")
    assert {finding.rule_id for finding in findings if finding.rule_id.startswith("H")} == rules
    for finding in findings:
        if finding.rule_id in rules:
            assert finding.severity == "blocking"
            assert {"north", "south"} <= set(finding.tell)


services = st.builds(
    service,
    st.sampled_from(["BM", "DC", "DFS", "SU", "WM", "CM", "MWD", "CMP"]),
    st.sampled_from(["NESO", "UKPN_EPN"]),
    st.sampled_from(Direction),
    st.sampled_from([NOON, NOON + HOUR / 2, NOON + HOUR]),
    st.sampled_from([None, "3", "5"]),
    st.sampled_from([None, "north", "south"]),
)


@given(st.lists(services, max_size=5), st.sampled_from(["evidence_only", "stacking_by_default"]), st.randoms())
def test_the_order_of_the_services_does_not_matter(listed: list[Service], policy: Policy, shuffler: Random) -> None:
    shuffled = list(listed)
    shuffler.shuffle(shuffled)
    assert check(listed, policy, Decimal(7)) == check(shuffled, policy, Decimal(7))


@given(services, services)
def test_more_evidence_is_asked_for_without_the_default_than_with_it(one: Service, other: Service) -> None:
    assert set(found(one, other, policy="stacking_by_default")) <= set(found(one, other, policy="evidence_only"))
