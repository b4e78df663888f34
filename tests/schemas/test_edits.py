"""Slips of one key."""

import pytest

from schemas.edits import swapped


@pytest.mark.parametrize(
    ("one", "other", "is_swapped"),
    [
        ("839329982", "839329928", True),
        ("12", "21", True),
        ("839329982", "839329982", False),
        ("839329982", "839328992", False),
        ("839329982", "839329971", False),
        ("8393", "83939", False),
    ],
    ids=["the last two", "all there is", "the same", "two far apart", "two others", "one more"],
)
def test_two_neighbouring_characters_that_changed_places_are_told_from_other_slips(
    one: str, other: str, is_swapped: bool
) -> None:
    assert swapped(one, other) is swapped(other, one) is is_swapped
