"""How far two written addresses agree."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.rules.address import Agreement, compare_addresses
from schemas.home_addresses import has_words, may_have_number, read_home


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


LINES = [
    None,
    "",
    "12 High St",
    "Flat 12, 3 High Street",
    "3/12 High St",
    "1-2 High Street",
    "1.2 High Street",
    "12a High St",
]
LINES += [
    "012 High Street",
    "\uff11\uff12 High Street",
    "Twelve, High Street",
    "Rose Cottage",
    "10 to 12 High St",
    "NR1 3PA",
    "2 b High St",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_cannot_have_a_number_is_of_no_house_of_that_number(line: str | None) -> None:
    """The quick look at the digits never misses what a comparison would find."""
    for number in ("1", "2", "3", "12", "12 a", "2b", "10-12", "1-2"):
        home = f"{number} High Street"
        agreement = compare_addresses(home, "NR1 3PA", line, "NR1 3PA")
        if not may_have_number(line, read_home(home, "NR1 3PA").number):
            assert agreement not in (Agreement.FULL, Agreement.HOUSE_NUMBER), number


def test_most_lines_of_a_street_need_not_be_read() -> None:
    assert not may_have_number("14 High Street", "12")
    assert may_have_number("112 High Street", "12")


ODD_LINES = st.text("aN1 3p.,'-/\tunkow", max_size=14)


@given(st.sampled_from(LINES) | ODD_LINES)
@example("unknown")
@example("NR1 3PA")
@example("a.b.c 1")
def test_a_line_that_surely_has_words_has_some_when_it_is_read(line: str | None) -> None:
    assert not has_words(line) or read_home(line, "NR1 3PA").words
