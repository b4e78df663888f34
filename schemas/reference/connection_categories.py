"""What the connection forms ask of each category of asset: `connection_categories.csv`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.reference.connection import MARKS
from schemas.reference.read import Row, index, rows

GENERATES = ("yes", "no", "where_told", "hybrid")


@dataclass(frozen=True, slots=True)
class ConnectionCategory:
    """`generates` is where_told for one that counts only by a told generation capacity, and hybrid for an inverter
    that panels and a battery share; `behind_hybrid` are those that may stand behind one. `mcs` is electric, heat or
    nothing; `stands` is False for what moves and is no installation.
    """

    category: str
    generates: str
    demand_form: bool
    behind_hybrid: bool
    mcs: str | None
    type_test: bool
    stands: bool


@cache
def connection_categories(override: Path | None = None) -> Mapping[str, ConnectionCategory]:
    """By the code of the asset category."""
    columns = ("category", "generates", "demand_form", "behind_hybrid", "mcs", "type_test", "stands")
    read = rows("connection_categories.csv", (*columns, "mark", "provenance"), override)
    return index(((row, row.text("category"), _category(row)) for row in read), "category")


def _category(row: Row) -> ConnectionCategory:
    def is_so(column: str) -> bool:
        return row.one_of(column, ("yes", "no")) == "yes"

    row.one_of("mark", MARKS)
    mcs = row.one_of("mcs", ("electric", "heat", "no"))
    return ConnectionCategory(
        category=row.text("category"),
        generates=row.one_of("generates", GENERATES),
        demand_form=is_so("demand_form"),
        behind_hybrid=is_so("behind_hybrid"),
        mcs=None if mcs == "no" else mcs,
        type_test=is_so("type_test"),
        stands=is_so("stands"),
    )
