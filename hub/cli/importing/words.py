"""The mapping tables: what each register's words mean here. Data, so that a new spelling is a new line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from hub.cli.importing.table import heading_key
from schemas.cleaning import clean
from schemas.reference.in_use import kept
from schemas.reference.load import MARKS
from schemas.reference.read import Row, index, rows
from schemas.vocabulary import AssetCategory, ConnectionStatus, ConnectionType, EnergySource

Code = TypeVar("Code", ConnectionStatus, ConnectionType)


@dataclass(frozen=True)
class Source:
    """An energy source and its possible categories; the first is meant where no technology is given."""

    code: EnergySource
    categories: tuple[AssetCategory, ...]


@dataclass(frozen=True)
class CapacityRegisterWords:
    """Words of the Embedded Capacity Register, case-folded."""

    columns: Mapping[str, str]
    sources: Mapping[str, Source]
    technologies: Mapping[str, AssetCategory | None]
    statuses: Mapping[str, ConnectionStatus]
    flexible: Mapping[str, ConnectionType]
    chp: frozenset[str]
    no_substation: frozenset[str]


@dataclass(frozen=True)
class ChargepointWords:
    """Words of the National Chargepoint Registry, case-folded."""

    statuses: Mapping[str, ConnectionStatus]
    phases: Mapping[str, int | None]
    no_maker: frozenset[str]
    northern_ireland: frozenset[str]


def key(text: str) -> str:
    return clean(text).casefold()


@kept
def capacity_register(override: Path | None = None) -> CapacityRegisterWords:
    read = rows("ecr_mapping.csv", ("list", "word", "code", "categories", "mark", "provenance"), override)
    return CapacityRegisterWords(
        columns=index(((r, heading_key(r.text("word")), r.text("code")) for r in _of(read, "column")), "word"),
        sources=index(((r, key(r.text("word")), _source(r)) for r in _of(read, "energy_source")), "word"),
        technologies=index(((r, key(r.text("word")), _category(r)) for r in _of(read, "technology")), "word"),
        statuses=_codes(read, "status", ConnectionStatus),
        flexible=_codes(read, "flexible", ConnectionType),
        chp=frozenset(key(r.text("word")) for r in _of(read, "chp")),
        no_substation=frozenset(key(r.text("word")) for r in _of(read, "no_substation")),
    )


@kept
def chargepoints(override: Path | None = None) -> ChargepointWords:
    read = rows("chargepoint_mapping.csv", ("list", "word", "code", "mark", "provenance"), override)
    phases = (
        (r, key(r.text("word")), int(r.one_of("code", ("1", "2", "3"))) if r.free("code") else None)
        for r in _of(read, "phases")
    )
    return ChargepointWords(
        statuses=_codes(read, "status", ConnectionStatus),
        phases=index(phases, "word"),
        no_maker=frozenset(key(r.text("word")) for r in _of(read, "no_maker")),
        northern_ireland=frozenset(key(r.text("word")) for r in _of(read, "northern_ireland")),
    )


def _of(read: tuple[Row, ...], name: str) -> tuple[Row, ...]:
    found = tuple(row for row in read if row.text("list") == name)
    for row in found:
        row.one_of("mark", MARKS)
    return found


def _codes(read: tuple[Row, ...], name: str, codes: type[Code]) -> Mapping[str, Code]:
    allowed = tuple(code.value for code in codes)
    return MappingProxyType({key(r.text("word")): codes(r.one_of("code", allowed)) for r in _of(read, name)})


def _source(row: Row) -> Source:
    known = tuple(category.value for category in AssetCategory)
    wrong = [c for c in row.parts("categories") if c not in known]
    if wrong or not row.parts("categories"):
        row.wrong("categories", f"must be asset categories with | between them, not {', '.join(wrong) or 'empty'}")
    code = row.one_of("code", tuple(source.value for source in EnergySource))
    return Source(EnergySource(code), tuple(AssetCategory(c) for c in row.parts("categories")))


def _category(row: Row) -> AssetCategory | None:
    if not row.free("code"):
        return None
    return AssetCategory(row.one_of("code", tuple(category.value for category in AssetCategory)))
