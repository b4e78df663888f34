"""Medians, spread and percentiles, as every bench gives them."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spread:
    """A figure that was taken several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_json(self, digits: int = 1) -> dict[str, Any]:
        return {
            "median": round(self.median, digits),
            "least": round(min(self.values), digits),
            "most": round(max(self.values), digits),
            "values": [round(value, digits) for value in self.values],
        }


def spread(values: Sequence[float]) -> Spread:
    """Raises `ValueError` for no values: a figure that nobody took is not 0."""
    if not values:
        raise ValueError("there is no value to take the median of")
    return Spread(tuple(values))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the ordered values do not exceed (nearest rank)."""
    if not ordered:
        raise ValueError("there is no value to take a percentile of")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
