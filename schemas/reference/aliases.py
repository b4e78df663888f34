"""What people write for makers and models, dated, and what is meant by it.

A file of the same name in an administrator's folder adds to the shipped table; a spelling that it has stands in for
the shipped lines of that spelling.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar

from schemas.cleaning import spelling_key
from schemas.model_pieces import model_key
from schemas.reference.in_use import kept
from schemas.reference.load import MARKS
from schemas.reference.read import Row, index, rows, rows_and_more

KINDS = ("brand", "legal", "product")
BESIDE = ("any", "known")


class Dated(Protocol):
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


D = TypeVar("D", bound=Dated)


@dataclass(frozen=True, slots=True)
class MakerAlias:
    """A spelling of a maker: a brand, a legal name, or a product line that is written where the maker belongs."""

    alias: str
    oem_id: str
    kind: str
    valid_from: date | None
    valid_to: date | None  # the last day
    mark: str
    provenance: str


@dataclass(frozen=True, slots=True)
class ModelAlias:
    """A spelling of a maker's model family; `names_maker` where it leads to the maker by itself."""

    oem_id: str
    spelling: str
    family: str
    names_maker: bool
    valid_from: date | None
    valid_to: date | None  # the last day
    mark: str
    provenance: str


def in_force(entry: Dated, on: date | None) -> bool:
    """Whether a dated line counts on a day; without a day every line does."""
    if on is None:
        return True
    return (entry.valid_from is None or entry.valid_from <= on) and (entry.valid_to is None or on <= entry.valid_to)


@kept
def maker_aliases(override: Path | None = None) -> Mapping[str, tuple[MakerAlias, ...]]:
    """Lines by the key of their spelling (`cleaning.spelling_key`); lines of one spelling never overlap in time."""
    columns = ("alias", "oem_id", "kind", "valid_from", "valid_to", "mark", "provenance")
    return _by_spelling("maker_aliases.csv", columns, override, _maker_alias)


def _maker_alias(row: Row) -> tuple[str, MakerAlias]:
    alias = MakerAlias(
        alias=row.text("alias"),
        oem_id=_oem_id(row),
        kind=row.one_of("kind", KINDS),
        valid_from=row.day("valid_from"),
        valid_to=row.day("valid_to"),
        mark=row.one_of("mark", MARKS),
        provenance=row.text("provenance"),
    )
    return _key(row, "alias"), alias


@kept
def model_aliases(override: Path | None = None) -> Mapping[tuple[str, str], tuple[ModelAlias, ...]]:
    """Lines by (OEM id, key of the spelling (`model_pieces.model_key`))."""
    columns = ("oem_id", "spelling", "family", "names_maker", "valid_from", "valid_to", "mark", "provenance")
    return _by_spelling("model_aliases.csv", columns, override, _model_alias)


def _model_alias(row: Row) -> tuple[tuple[str, str], ModelAlias]:
    alias = ModelAlias(
        oem_id=_oem_id(row),
        spelling=row.text("spelling"),
        family=row.matching("family", "[a-z0-9]+", "small letters and digits"),
        names_maker=row.one_of("names_maker", ("yes", "no")) == "yes",
        valid_from=row.day("valid_from"),
        valid_to=row.day("valid_to"),
        mark=row.one_of("mark", MARKS),
        provenance=row.text("provenance"),
    )
    return (alias.oem_id, _key(row, "spelling", model_key)), alias


@kept
def maker_qualifiers(override: Path | None = None) -> Mapping[str, frozenset[str]]:
    """Words beside a maker's name that name no maker: `any` maker's, or only a `known` one's."""
    read = rows("maker_qualifiers.csv", ("word", "beside", "mark", "provenance"), override)
    words = index(((row, row.text("word").casefold(), row.one_of("beside", BESIDE)) for row in read), "word")
    return MappingProxyType({kind: frozenset(w for w, k in words.items() if k == kind) for kind in BESIDE})


@kept
def model_variants(override: Path | None = None) -> frozenset[str]:
    """Words after a model's name that tell its variants apart and not models."""
    read = rows("model_variants.csv", ("word", "mark", "provenance"), override)
    return frozenset(index(((row, row.text("word").casefold(), row.one_of("mark", MARKS)) for row in read), "word"))


K = TypeVar("K")


def _by_spelling(
    file: str, columns: tuple[str, ...], override: Path | None, read: Callable[[Row], tuple[K, D]]
) -> Mapping[K, tuple[D, ...]]:
    shipped, added = rows_and_more(file, columns, override)
    return MappingProxyType({**_grouped(shipped, read), **_grouped(added, read)})


def _grouped(lines: tuple[Row, ...], read: Callable[[Row], tuple[K, D]]) -> dict[K, tuple[D, ...]]:
    found: dict[K, tuple[D, ...]] = {}
    for row in lines:
        key, alias = read(row)
        if alias.valid_from and alias.valid_to and alias.valid_to < alias.valid_from:
            row.wrong("valid_to", "lies before valid_from")
        earlier = found.get(key, ())
        if any(_overlap(alias, other) for other in earlier):
            row.wrong("valid_from", "overlaps an earlier line of the same spelling")
        found[key] = (*earlier, alias)
    return found


def _overlap(one: Dated, other: Dated) -> bool:
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_to or date.max, other.valid_to or date.max)


def _oem_id(row: Row) -> str:
    return row.matching("oem_id", "[a-z0-9]+", "small letters and digits")


def _key(row: Row, column: str, key_of: Callable[[str], str] = spelling_key) -> str:
    key = key_of(row.text(column))
    if not key:
        row.wrong(column, "holds no letter or digit")
    return key
