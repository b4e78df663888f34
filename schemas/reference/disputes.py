"""Reference tables about disputes: who may do what, and by when it is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from schemas.dispute_codes import DisputeAction, DisputeRole
from schemas.reference.connection import MARKS, Period, period
from schemas.reference.in_use import kept
from schemas.reference.read import rows

DEADLINES = ("acknowledge", "decide")


@dataclass(frozen=True, slots=True)
class Right:
    """What a role may do on the days of a period; `own_case`: in a dispute that it raised itself, too."""

    role: DisputeRole
    action: DisputeAction
    own_case: bool
    period: Period


@dataclass(frozen=True, slots=True)
class Deadline:
    """Working days within which something is to be done, for disputes that come in a period."""

    key: str
    working_days: int
    period: Period


@kept
def rights(override: Path | None = None) -> Mapping[DisputeAction, tuple[Right, ...]]:
    """Rights by action. Every action has at least one role."""
    found: dict[DisputeAction, list[Right]] = {}
    columns = ("role", "action", "own_case", "valid_from", "valid_to", "mark", "provenance")
    table = rows("dispute_rights.csv", columns, override)
    for row in table:
        row.one_of("mark", MARKS)
        right = Right(
            DisputeRole(row.one_of("role", tuple(DisputeRole))),
            DisputeAction(row.one_of("action", tuple(DisputeAction))),
            row.one_of("own_case", ("yes", "no")) == "yes",
            period(row),
        )
        found.setdefault(right.action, []).append(right)
    for action in DisputeAction:
        if action not in found:
            table[-1].wrong("action", f"lacks {action}: nobody could ever do that")
    return MappingProxyType({action: tuple(some) for action, some in found.items()})


@kept
def deadlines(override: Path | None = None) -> Mapping[str, tuple[Deadline, ...]]:
    """Deadlines by key. Two of one key never hold on the same day."""
    found: dict[str, tuple[Deadline, ...]] = {}
    columns = ("key", "working_days", "valid_from", "valid_to", "mark", "provenance")
    table = rows("dispute_deadlines.csv", columns, override)
    for row in table:
        row.one_of("mark", MARKS)
        count = int(row.matching("working_days", r"[1-9][0-9]{0,2}", "a whole number of days from 1 to 999"))
        deadline = Deadline(row.one_of("key", DEADLINES), count, period(row))
        before = found.get(deadline.key, ())
        if any(other.period.meets(deadline.period) for other in before):
            row.wrong("valid_from", f"{deadline.key} has another number for some of these days")
        found[deadline.key] = (*before, deadline)
    for key in DEADLINES:
        if key not in found:
            table[-1].wrong("key", f"lacks {key}")
    return MappingProxyType(found)


def working_days(key: str, on: date, override: Path | None = None) -> int:
    """The working days that hold for a dispute that came on a day; `KeyError` where the table has none for it."""
    for candidate in deadlines(override)[key]:
        if candidate.period.holds(on):
            return candidate.working_days
    raise KeyError(f"dispute_deadlines.csv has no {key} for {on}")
