"""Working days: Monday to Friday without the bank holidays of the place."""

from dataclasses import dataclass
from datetime import date, timedelta

from schemas.reference import connection

ONE_DAY = timedelta(days=1)
FRIDAY = 4
DEFAULT_DIVISION = "england-and-wales"


@dataclass(frozen=True)
class WorkingDay:
    """A day that was counted to. Beyond the table of bank holidays it may be too early: then it is not `sure`."""

    day: date
    sure: bool


def after(start: date, count: int, gsp_group: str | None) -> WorkingDay:
    """The working day that comes `count` of them after `start`, where the asset's area is known by its GSP group."""
    division = connection.holiday_division().get(gsp_group or "", DEFAULT_DIVISION)
    holidays = connection.bank_holidays()[division]
    day, left = start, count
    while left > 0:
        day += ONE_DAY
        left -= day.weekday() <= FRIDAY and day not in holidays
    return WorkingDay(day, day.year <= max(holidays).year)
