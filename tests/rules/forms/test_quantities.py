"""A rating that looks like a slip is asked about; one that is merely large or small is not."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.forms import quantities
from tests.support.forms import an_asset, form_facts


def rules(category: str, **facts: Any) -> list[str]:
    return [concern.rule_id for concern in quantities.notices(form_facts(an_asset(category, **facts)))]


@pytest.mark.parametrize(
    ("category", "facts", "expected"),
    [
        ("BESS", {"rated_capacity_kw": "5"}, []),
        ("BESS", {"rated_capacity_kw": "5000"}, ["QTY-WATTS"]),
        ("BESS", {"rated_capacity_kw": "5000", "phases": 3}, []),
        ("BESS", {"rated_capacity_kw": "50"}, ["QTY-PHASES"]),
        ("SOLAR_PV", {"rated_capacity_kw": "3680"}, ["QTY-WATTS"]),
        ("SOLAR_PV", {"rated_capacity_kw": "49900", "phases": None}, []),
        ("HEAT_PUMP", {"rated_capacity_kw": "2.4"}, []),
        ("HEAT_PUMP", {"rated_capacity_kw": "8500"}, ["QTY-WATTS"]),
        ("HEAT_PUMP", {"rated_capacity_kw": "8.5"}, ["QTY-THERMAL"]),
        ("HEAT_PUMP", {"rated_capacity_kw": "8.5", "phases": None}, ["QTY-THERMAL_MAYBE"]),
        ("HEAT_PUMP", {"rated_capacity_kw": "8.5", "phases": 3}, []),
        ("HEAT_PUMP", {"rated_capacity_kw": "6", "demand_capacity_kw": "2"}, ["QTY-THERMAL"]),
        ("HEAT_PUMP", {"rated_capacity_kw": "2.5", "demand_capacity_kw": "2.4"}, []),
        ("EV_CHARGER", {"rated_capacity_kw": "7.4"}, []),
        ("EV_CHARGER", {"rated_capacity_kw": "7.4", "phases": 3}, ["QTY-PER_PHASE"]),
        ("EV_CHARGER", {"rated_capacity_kw": "22", "phases": 3}, []),
        ("EV_CHARGER", {"rated_capacity_kw": "22"}, ["QTY-PHASES"]),
        ("EV_CHARGER", {"rated_capacity_kw": "7400"}, ["QTY-WATTS"]),
        ("INDUSTRIAL_LOAD", {"rated_capacity_kw": "0.5", "phases": 3}, ["QTY-MEGAWATTS"]),
        ("STORAGE_HEATER", {"rated_capacity_kw": "0.02"}, ["QTY-MEGAWATTS"]),
        ("STORAGE_HEATER", {"rated_capacity_kw": "55"}, ["QTY-UNUSUAL"]),
        ("SOLAR_PV", {"rated_capacity_kw": "4.5", "generation_capacity_kw": "3.68"}, ["QTY-DC"]),
        ("SOLAR_PV", {"rated_capacity_kw": "3.68", "generation_capacity_kw": "3.68"}, []),
        ("DIESEL_GEN", {"rated_capacity_kw": "500", "generation_capacity_kw": "400", "phases": 3}, ["QTY-KVA"]),
        ("DIESEL_GEN", {"rated_capacity_kw": "500", "generation_capacity_kw": "500", "phases": 3}, []),
        ("BESS", {"rated_capacity_kw": "13.5", "storage_energy_kwh": "13.5"}, ["QTY-KWH"]),
        ("BESS", {"rated_capacity_kw": "5", "storage_energy_kwh": "5"}, []),
        ("BESS", {"rated_capacity_kw": "5", "storage_energy_kwh": "9.5"}, []),
        ("BESS", {"rated_capacity_kw": "10", "storage_energy_kwh": "1"}, ["QTY-PEAK"]),
        ("OTHER", {"rated_capacity_kw": "999999", "other_description": "x"}, []),
        ("BESS", {"rated_capacity_kw": None}, []),
    ],
)
def test_what_looks_like_a_slip_is_asked_about(category: str, facts: dict[str, Any], expected: list[str]) -> None:
    assert rules(category, **facts) == expected


homes = st.sampled_from(["BESS", "SOLAR_PV", "HEAT_PUMP", "EV_CHARGER", "V2G_CHARGER"])


@given(homes, st.decimals(Decimal(1), Decimal("7.4"), places=2))
def test_watts_for_kilowatts_are_always_seen_at_a_home(category: str, rated: Decimal) -> None:
    assert rules(category, rated_capacity_kw=rated) == []
    assert rules(category, rated_capacity_kw=rated * 1000) == ["QTY-WATTS"]
