"""The reference of the type test register: missing, unlikely, or an MCS certificate by mistake."""

from typing import Any

import pytest

from hub.rules.forms import type_test
from schemas.asset import ExternalId
from tests.support.forms import an_asset, form_facts


def named(scheme: str, value: str) -> dict[str, Any]:
    return {"external_ids": (ExternalId(scheme=scheme, value=value),)}


@pytest.mark.parametrize(
    ("category", "facts", "expected"),
    [
        ("SOLAR_PV", {}, []),
        ("SOLAR_PV", {"type_test_reference": None}, ["G98-TYPE_TEST_MISSING"]),
        ("SOLAR_PV", {"type_test_reference": "not applicable"}, ["G98-TYPE_TEST_MISSING"]),
        ("SOLAR_PV", {"type_test_reference": None, **named("ENA_TYPE_TEST", "MAKER/M-300")}, []),
        ("SOLAR_PV", {"type_test_reference": None, "rated_capacity_kw": "5"}, []),
        ("HEAT_PUMP", {"type_test_reference": None}, []),
        ("SOLAR_PV", {"type_test_reference": "TBC"}, ["G98-TYPE_TEST_MISSING"]),
        ("SOLAR_PV", {"type_test_reference": "a7"}, ["G98-TYPE_TEST_SHAPE"]),
        ("SOLAR_PV", {"type_test_reference": "0000"}, ["G98-TYPE_TEST_SHAPE"]),
        ("SOLAR_PV", {"type_test_reference": "SN 12345", "serial_number": "sn-12345"}, ["G98-TYPE_TEST_SHAPE"]),
        ("SOLAR_PV", {"type_test_reference": "MCS-12345678-A"}, ["G98-TYPE_TEST_IS_MCS"]),
        ("SOLAR_PV", {"type_test_reference": "mcs 12345678"}, ["G98-TYPE_TEST_IS_MCS"]),
        ("SOLAR_PV", {"serial_number": "MCS-12345678-A"}, ["G98-TYPE_TEST_IS_MCS"]),
        ("HEAT_PUMP", {"serial_number": "MCS-12345678-A"}, ["G98-TYPE_TEST_IS_MCS"]),
        ("SOLAR_PV", named("OEM_DEVICE", "MCS-12345678-A"), ["G98-TYPE_TEST_IS_MCS"]),
        ("SOLAR_PV", named("MCS_CERTIFICATE", "MCS-12345678-A"), []),
        ("SOLAR_PV", {"type_test_reference": "MCS MODULE 300 W"}, []),
    ],
)
def test_the_type_of_a_unit_is_asked_for(category: str, facts: dict[str, Any], expected: list[str]) -> None:
    assert [c.rule_id for c in type_test.notices(form_facts(an_asset(category, **facts)))] == expected
