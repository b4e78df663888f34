"""How often what happens in a corpus: shares, what each kind of source knows, and its slips, from dated tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from types import MappingProxyType

from schemas.reference.load import MARKS
from schemas.reference.read import Row, index, rows

REFERENCE = Path(__file__).parent / "reference"
STYLES = ("installer", "oem", "dno", "certificates", "market", "restated")
"""How a source speaks; providers and platforms both speak as the market does, a later job restates what stood there."""
TELLERS = ("installer", "oem", "dno", "certificates", "fsp", "platform")


@dataclass(frozen=True)
class Rates:
    """`world` by name; `knows` and `slips` by (style, name); `tellers` by (teller, category).

    All but `world` are chances between 0 and 1.
    """

    world: Mapping[str, float]
    knows: Mapping[tuple[str, str], float]
    slips: Mapping[tuple[str, str], float]
    tellers: Mapping[tuple[str, str], float]

    def share(self, dice: Random, name: str) -> bool:
        """Whether what happens at the share `name` of the world happens now."""
        return dice.random() < self.world[name]

    def count(self, name: str) -> int:
        return int(self.world[name])


@cache
def load(override: Path = REFERENCE) -> Rates:
    world_rows = rows("world.csv", ("name", "value", "as_of", "mark", "provenance"), override)
    return Rates(
        world=index(((row, row.text("name"), _number(row, "value")) for row in world_rows), "name"),
        knows=_matrix("knows.csv", "field", STYLES, override),
        slips=_matrix("slips.csv", "slip", STYLES, override),
        tellers=_matrix("tellers.csv", "category", TELLERS, override),
    )


def _matrix(file: str, what: str, columns: tuple[str, ...], override: Path) -> Mapping[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for row in rows(file, (what, *columns, "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        for column in columns:
            chance = _number(row, column)
            if chance > 1:
                row.wrong(column, "must be between 0 and 1")
            found[(column, row.text(what))] = chance
    return MappingProxyType(found)


def _number(row: Row, column: str) -> float:
    value = row.number(column)
    if value is None:
        row.wrong(column, "is empty")
    return float(value)
