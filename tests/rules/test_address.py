"""How far two written addresses agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.address import Agreement, compare_addresses


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        (("12 High Street", "LS2 8BT"), ("12 High St.", "ls28bt"), Agreement.FULL),
        (("12 A High Street, LS2 8BT", "LS2 8BT"), ("12a High Street", "LS2 8BT"), Agreement.FULL),
        (("12 High Street, Leeds", "LS2 8BT"), ("12 High Street", "LS2 8BT"), Agreement.HOUSE_NUMBER),
        (("Apartment 2, 10 Mill Lane", "LS2 8BT"), ("10 Mill Ln, Flat 2", "LS2 8BT"), Agreement.FULL),
        (("Flat 2, 10 Mill Lane", "LS2 8BT"), ("Flat 3, 10 Mill Lane", "LS2 8BT"), Agreement.DIFFERS),
        (("Flat 2, 10 Mill Lane", "LS2 8BT"), ("10 Mill Lane", "LS2 8BT"), Agreement.UNCLEAR),
        (("Rose Cottage", "LS2 8BT"), ("Ivy Cottage", "LS2 8BT"), Agreement.UNCLEAR),
        (("12 High Street", "LS2 8BT"), ("12 High Street", "LS2 8BU"), Agreement.DIFFERS),
        (("12 High Street", "LS2 8BT"), (None, "LS2 8BT"), Agreement.POSTCODE),
        (("not applicable", "LS2 8BT"), ("12 High Street", "LS2 8BT"), Agreement.POSTCODE),
        (("12 High Street", None), ("12 High Street", "LS2 8BT"), Agreement.UNKNOWN),
        (("12 High Street", "LS2"), ("12 High Street", "LS2 8BT"), Agreement.UNKNOWN),
    ],
)
def test_addresses_agree_by_postcode_then_numbers_then_words(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], agreement: Agreement
) -> None:
    assert compare_addresses(*one, *other) is agreement


@given(st.text(), st.text())
def test_the_order_of_the_two_does_not_matter(one: str, other: str) -> None:
    forth = compare_addresses(one, "LS2 8BT", other, "LS2 8BT")
    assert forth is compare_addresses(other, "LS2 8BT", one, "LS2 8BT")
