"""Medians and percentiles are those of the values that were taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import percentile, spread

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.5, 7.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.99, 4.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 1001)], 0.999, 999.0),
    ],
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


@given(VALUES, st.floats(0.01, 1))
def test_at_least_that_share_of_the_values_lies_at_or_below_a_percentile(values: list[float], share: float) -> None:
    found = percentile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@given(VALUES)
def test_the_median_lies_between_the_least_and_the_most(values: list[float]) -> None:
    found = spread(values)
    assert min(values) <= found.median <= max(values)


def test_no_value_gives_no_figure() -> None:
    with pytest.raises(ValueError, match="no value"):
        spread([])
    with pytest.raises(ValueError, match="no value"):
        percentile([], 0.5)
