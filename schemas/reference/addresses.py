"""Words of addresses: short forms, and what tells a street, a house, a flat and a plot from one another."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from schemas.reference.in_use import kept
from schemas.reference.load import MARKS
from schemas.reference.read import index, rows

KINDS = (
    "short",
    "street",
    "building",
    "house",
    "unit",
    "floor",
    "annexe",
    "plot",
    "block",
    "beside",
    "number",
    "filler",
    "number_first",
)


@dataclass(frozen=True, slots=True)
class AddressWords:
    """Words of each kind in their long form; `short` and `floor` lead to what they stand for.

    `number_first` are postcode areas in which "10/2" is Flat 2 at number 10.
    """

    short: Mapping[str, str]
    floor: Mapping[str, str]
    street: frozenset[str]
    building: frozenset[str]
    house: frozenset[str]
    unit: frozenset[str]
    annexe: frozenset[str]
    plot: frozenset[str]
    block: frozenset[str]
    beside: frozenset[str]
    number: frozenset[str]
    filler: frozenset[str]
    number_first: frozenset[str]


@kept
def address_words(override: Path | None = None) -> AddressWords:
    """The words by kind, in small letters; one word may be of several kinds."""
    entries = []
    for row in rows("address_words.csv", ("word", "kind", "stands_for", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        word = row.matching("word", "[a-z0-9]+", "small letters and digits")
        kind = row.one_of("kind", KINDS)
        if kind == "short" and row.optional("stands_for") is None:
            row.wrong("stands_for", "is empty")
        entries.append((row, (kind, word), row.free("stands_for") or word))
    found = index(entries, "word")
    of = {kind: {word: long for (k, word), long in found.items() if k == kind} for kind in KINDS}
    return AddressWords(
        short=MappingProxyType(of["short"]),
        floor=MappingProxyType(of["floor"]),
        **{kind: frozenset(of[kind]) for kind in KINDS if kind not in ("short", "floor")},
    )
