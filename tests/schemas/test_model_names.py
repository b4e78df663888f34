"""Models as labels, clouds and people spell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.model_names import ModelAgreement, model_agreement, model_name
from schemas.reference import aliases

SAME, FAMILY = ModelAgreement.SAME, ModelAgreement.FAMILY
DIFFERENT, UNKNOWN = ModelAgreement.DIFFERENT, ModelAgreement.UNKNOWN


@pytest.mark.parametrize(
    ("one", "other", "maker", "agreement"),
    [
        ("Powerwall 2 AC", "POWERWALL2", "tesla", SAME),
        ("Powerwall-2", "Tesla Powerwall 2", None, SAME),
        ("PW2", "Tesla Powerwall 2 (AC)", None, SAME),
        ("PW3", "Powerwall 2", "tesla", DIFFERENT),
        ("Powerwall", "Powerwall 2", "tesla", FAMILY),
        ("PW2", "1092170-03-E", "tesla", UNKNOWN),
        ("zappi", "Zappi 22kW", "myenergi", SAME),
        ("zappi 7kW", "Zappi 22kW", "myenergi", FAMILY),
        ("aroTHERM plus 7kW", "Vaillant arotherm+ 7 kW", "vaillant", SAME),
        ("GIV-BAT 9.5kWh", "Giv-Bat 9.50", "givenergy", SAME),
        ("SE3680H", "SE3680H-RW000BEN4", "solaredge", FAMILY),
        ("SE3680H", "SE36", "solaredge", DIFFERENT),
        ("Cell 13", "CELL-13", "brightmere", SAME),
        ("Both Ways 7", "bothways7 7kW", "cobaltfen", FAMILY),
        ("Breeze 8", "Breeze 8 R32", "eskdale", SAME),
        ("Breeze 8 R32", "Breeze 8 R290", "eskdale", FAMILY),
        ("Breeze 8", "Breeze 12", "eskdale", DIFFERENT),
        ("Breez 8000", "Breeze 8000", "eskdale", FAMILY),
        ("Breeze 8001", "Breeze 8000", "eskdale", DIFFERENT),
        ("AS-Ridge 4", "AS-Store 10", "ardwell", DIFFERENT),
        ("AS-Ridge 4", "unknown", "ardwell", UNKNOWN),
        ("AS-Ridge 4", None, "ardwell", UNKNOWN),
    ],
)
def test_models_agree_by_family_before_variant(
    one: str | None, other: str | None, maker: str | None, agreement: ModelAgreement
) -> None:
    assert model_agreement(one, other, maker) is agreement
    assert model_agreement(other, one, maker) is agreement


def test_the_variant_is_kept_apart_from_the_family_and_the_text_as_it_was() -> None:
    model = model_name("Tesla POWERWALL-2 AC")
    assert model is not None
    assert (model.family, model.variant, model.raw, model.known) == ("powerwall2", "ac", "Tesla POWERWALL-2 AC", True)


def test_every_spelling_of_the_table_leads_to_its_family() -> None:
    for lines in aliases.model_aliases().values():
        for line in lines:
            model = model_name(line.spelling, line.oem_id)
            assert model is not None
            assert (model.family, model.known) == (line.family, True), line.spelling


@given(st.text(), st.text())
def test_agreement_has_no_order_and_a_text_agrees_with_itself(one: str, other: str) -> None:
    assert model_agreement(one, other) is model_agreement(other, one)
    assert model_agreement(one, one) is (UNKNOWN if model_name(one) is None else SAME)
