"""Every sentence that these rules can give is one that an installer or a clerk can read."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules import lifecycle
from hub.rules.forms import notices
from hub.rules.forms.distance import Basis, Distance
from hub.rules.forms.facts import FormFacts, NearbyWork, group_of
from hub.rules.lifecycle import GUARDS
from hub.rules.notice import doubts
from schemas.asset import ExternalId
from schemas.outbound import AssetState, Concern, Place
from schemas.reference import connection, load
from schemas.reference.connection_categories import connection_categories
from schemas.vocabulary import AssetCategory, ClockKind, ConnectionStatus
from tests.house.sources import ROOT
from tests.rules.test_lifecycle import some_facts
from tests.support.forms import an_asset

SECRETS = ("1012345678903", "10001234", "CB1 2AB", "7 Sample Street", "SN-SECRET-7", "battery-of-somebody")
DAYS = st.dates(date(2018, 1, 1), date(2032, 1, 1))
AMOUNTS = st.none() | st.sampled_from(
    [
        Decimal(n)
        for n in ("0.01", "2", "2.5", "3.68", "5", "7.4", "8.5", "13.5", "14", "22", "51", "400", "500", "7400")
    ]
)
CODE = re.compile(r"[A-Z0-9]+_|[a-z]+_[a-z]|\b(?:None|True|False|null)\b")


def placed() -> Place:
    mpan, uprn, postcode, address, serial, _ = SECRETS
    return Place(
        import_mpan=mpan, uprn=uprn, postcode=postcode, address_line=address, meter_serial=serial, gsp_group="_A"
    )


assets = st.builds(
    lambda category, **facts: an_asset(
        category, place=placed(), serial_number=SECRETS[4], other_description="x", asset_name=SECRETS[5], **facts
    ),
    st.sampled_from(AssetCategory),
    rated_capacity_kw=AMOUNTS,
    generation_capacity_kw=AMOUNTS,
    demand_capacity_kw=AMOUNTS,
    storage_energy_kwh=AMOUNTS,
    phases=st.sampled_from([None, 1, 2, 3]),
    commissioning_date=st.none() | DAYS,
    decommissioned_on=st.none() | DAYS,
    connection_status=st.sampled_from([ConnectionStatus.CONNECTED, ConnectionStatus.PENDING]),
    installer_scheme=st.sampled_from([None, "MCS"]),
    type_test_reference=st.sampled_from([None, "a7", "MAKER/M-300", "MCS-12345678-A"]),
    external_ids=st.sampled_from([(), (ExternalId(scheme="MCS_CERTIFICATE", value="MCS-12345678-A"),)]),
)


@st.composite
def facts(draw: st.DrawFn) -> FormFacts:
    state: AssetState = draw(assets)
    told: dict[str, Any] = {"heard_on": draw(DAYS), "told_on": draw(st.none() | DAYS)}
    if state.commissioning_date is not None and draw(st.booleans()):
        told["ran"] = frozenset({(ClockKind.COMMISSIONING_NOTICE, state.commissioning_date + timedelta(days=28))})
        told["works"] = (NearbyWork(state.commissioning_date, Distance(draw(st.sampled_from(Basis)), Decimal(77))),)
    return FormFacts(
        state,
        removal_said_on=draw(st.none() | DAYS),
        removal_told_on=draw(st.none() | DAYS),
        others=tuple(group_of(other) for other in draw(st.lists(assets, max_size=2))),
        **told,
    )


def is_readable(sentence: str) -> bool:
    whole = sentence[0].isupper() and sentence.endswith(".") and "  " not in sentence and len(sentence) <= 300
    codes = [code for code in CODE.findall(sentence) if code]
    return whole and not codes and not any(secret in sentence for secret in SECRETS)


@settings(max_examples=600)
@given(facts())
def test_every_notice_is_a_sentence_without_codes_or_personal_values(told: FormFacts) -> None:
    rules = connection.notice_rules()
    for concern in notices.about(told):
        assert is_readable(concern.sentence), concern
        assert concern.severity == rules[concern.rule_id].severity
        assert concern.severity != "blocking"


@given(some_facts)
def test_every_notice_of_the_lifecycle_is_such_a_sentence(told: lifecycle.LifecycleFacts) -> None:
    for concern in lifecycle.notices(told):
        assert is_readable(concern.sentence), concern


def test_every_reason_of_a_step_is_such_a_sentence() -> None:
    assert all(is_readable(reason) for _, reason in GUARDS.values())


def test_what_is_not_readable_would_be_seen() -> None:
    for bad in ("no capital.", "No stop", "A MPAN_CODE here.", "Its rated_capacity_kw is odd.", "At CB1 2AB it is."):
        assert not is_readable(bad)


@given(facts())
def test_a_notice_is_given_once_and_the_same_whatever_came_first(told: FormFacts) -> None:
    found = notices.about(told)
    assert len(set(found)) == len(found)
    assert notices.about(told) == found


def test_paperwork_puts_no_fact_in_doubt() -> None:
    def concern(rule_id: str, severity: str = "warning") -> Concern:
        return Concern(rule_id=rule_id, severity=severity, sentence="So it is.")

    assert doubts([concern("G98-CEILING"), concern("FORM-OVERDUE"), concern("LCT-DEMAND")]) == ()
    assert doubts([concern("QTY-WATTS"), concern("MPAN-AMBIGUOUS"), concern("ID-NEEDS_REVIEW", "info")]) == (
        "MPAN-AMBIGUOUS",
        "QTY-WATTS",
    )


def test_the_forms_know_every_category() -> None:
    assert set(connection_categories()) == set(AssetCategory) == set(load.asset_categories())


def test_the_table_of_notices_is_that_of_the_code() -> None:
    modules = [*(ROOT / "hub" / "rules" / "forms").glob("*.py"), ROOT / "hub" / "rules" / "lifecycle.py"]
    ids = re.compile(r'"((?:FORM|G98|G100|LCT|QTY|LIFE)-[A-Z0-9_]+)"')
    given_out = {rule_id for module in modules for rule_id in ids.findall(module.read_text("utf-8"))}
    assert given_out == set(connection.notice_rules())
