"""The only place that reads the wall clock. Rules take `now` as an argument."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def london_date(moment: datetime) -> date:
    """The calendar day in Great Britain at a moment: calendar rules use it."""
    return moment.astimezone(LONDON).date()


def today() -> date:
    """The calendar day in Great Britain now."""
    return london_date(now())
