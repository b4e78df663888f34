"""How many bits each agreement is worth, and how one device may be rated in two ways: dated tables."""

from collections.abc import Mapping
from pathlib import Path

from schemas.reference.categories import category_groups
from schemas.reference.in_use import kept
from schemas.reference.load import MARKS
from schemas.reference.read import Row, index, rows

FACTS = ("maker", "model", "capacity", "storage", "commissioned", "phases", "gateway", "category", "words")
LEVELS = ("differs", "near", "same")
COLUMNS = ("fact", "level", "bits", "valid_from", "mark", "provenance")


@kept
def identity_weights(override: Path | None = None) -> Mapping[tuple[str, str], float]:
    """Bits by fact and level of agreement: how much likelier it is with one device than with two of a kind."""
    entries = []
    for row in rows("identity_weights.csv", COLUMNS, override):
        row.one_of("mark", MARKS)
        row.text("provenance")
        if row.day("valid_from") is None:
            row.wrong("valid_from", "is empty")
        key = (row.one_of("fact", FACTS), row.one_of("level", LEVELS))
        entries.append((row, key, float(row.matching("bits", r"-?[0-9]+(\.[0-9]+)?", "a number such as -3.5"))))
    return index(entries, "level")


@kept
def capacity_bases(override: Path | None = None) -> Mapping[str, tuple[tuple[float, float], ...]]:
    """By category group, or * for all: between which ratios, larger to smaller, two ways of rating one device lie."""
    found: dict[str, tuple[tuple[float, float], ...]] = {}
    known = ("*", *sorted(set(category_groups(override).values())))
    for row in rows("capacity_bases.csv", ("category_group", "low", "high", "basis", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        low, high = _ratio(row, "low"), _ratio(row, "high")
        if low > high:
            row.wrong("high", "must not be less than low")
        group = row.one_of("category_group", known)
        found[group] = (*found.get(group, ()), (low, high))
    return found


def _ratio(row: Row, column: str) -> float:
    ratio = row.number(column)
    if ratio is None or ratio < 1:
        row.wrong(column, "must be 1 or more")
    return float(ratio)
