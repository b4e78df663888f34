"""Joining gives the same groups whatever the order."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from bench.identity.joined import Joined

PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20)


def groups(pairs: list[tuple[int, int]]) -> set[frozenset[int]]:
    joined: Joined[int] = Joined()
    for one, other in pairs:
        joined.join(one, other)
    ordered = sorted(range(13), key=joined.find)
    return {frozenset(group) for _, group in groupby(ordered, key=joined.find)}


@given(PAIRS)
def test_the_order_of_joining_does_not_matter(pairs: list[tuple[int, int]]) -> None:
    assert groups(pairs) == groups([(other, one) for one, other in reversed(pairs)])


@given(PAIRS)
def test_what_is_joined_is_in_one_group_and_joins_lead_on(pairs: list[tuple[int, int]]) -> None:
    found = groups([*pairs, (0, 1), (1, 2)])
    assert any({0, 1, 2} <= group for group in found)
    assert all(any({one, other} <= group for group in found) for one, other in pairs)


def test_things_that_nothing_joins_stay_alone() -> None:
    joined: Joined[str] = Joined()
    joined.join_all(["a", "b", "c"])
    joined.join_all([])
    assert joined.find("a") == joined.find("c") != joined.find("d") == "d"
