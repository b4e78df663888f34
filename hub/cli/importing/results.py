"""What a row of a register becomes: notifications about assets, or a reason why not."""

from dataclasses import dataclass

from pydantic import ValidationError

from schemas.notifications import AssetCommissioned


@dataclass(frozen=True)
class Part:
    """One asset of one row. `notes` say what was odd about it without being wrong enough to refuse it."""

    row: int
    notification: AssetCommissioned
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A row, or one asset of it, that cannot become a notification, and why, for the register's keeper."""

    row: int
    reason: str


@dataclass(frozen=True)
class Repeated:
    """A row that says word for word what an earlier row of the file says."""

    row: int
    of_row: int


Result = Part | Refused | Repeated
"""Every row has at least one; a site with three technologies has three."""

OUTSIDE_GB = "Northern Ireland is outside the GB register; its network operator keeps its own."
OUTSIDE_UK = "The Channel Islands and the Isle of Man are outside the GB register."


def sentence(error: ValidationError) -> str:
    """What the shape of a notification has against a row, without the row's values."""
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in problem["loc"])
        said = problem["msg"].removeprefix("Value error, ").rstrip(".")
        found.append(f"{field}: {said}." if field else f"{said}.")
    return " ".join(found)
