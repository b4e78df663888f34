"""The states of an asset and the steps between them: `status_models.json`, and the guard of each step."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.reference.read import BadReferenceDataError, Row, document, rows

MODEL = "asset_market_status"
NOWHERE = "(none)"
FINAL, OVER = "DECOMMISSIONED", "DEREGISTERED"
_NOT_ACTIVE = (FINAL, OVER)


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed step; `before` is None for an asset that was not there. `published` steps are those of the model."""

    before: str | None
    after: str
    guard: str
    published: bool


@cache
def steps(override: Path | None = None) -> tuple[Step, ...]:
    """Every step from one state to another. The published ones are those of `status_models.json`, each once."""
    model = document("status_models.json", override)[MODEL]
    states = tuple(str(state) for state in model["values"])
    read = rows("lifecycle_steps.csv", ("from", "to", "guard", "published", "mark", "provenance"), override)
    published = [(row.text("from"), row.text("to")) for row in read if row.text("published") == "yes"]
    wanted = [(str(before), str(after)) for before, after, _ in model["transitions"]]
    if sorted(published) != sorted(wanted):
        raise BadReferenceDataError("lifecycle_steps.csv: the published steps are not those of status_models.json")
    return tuple(step for row in read for step in _expanded(row, states))


def _expanded(row: Row, states: tuple[str, ...]) -> Iterator[Step]:
    """A row may speak of `any` state, or of `any active` one."""
    after, guard = row.one_of("to", states), row.text("guard")
    published = row.one_of("published", ("yes", "no")) == "yes"
    if not published:
        row.one_of("mark", ("proposed",))
    before = row.one_of("from", (*states, NOWHERE, "any", "any active"))
    starts: tuple[str | None, ...] = (None if before == NOWHERE else before,)
    if before == "any":
        starts = (None, *states)
    elif before == "any active":
        starts = tuple(state for state in states if state not in _NOT_ACTIVE)
    for start in starts:
        if start != after:
            yield Step(start, after, guard, published)
