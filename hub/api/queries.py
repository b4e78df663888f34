"""Query parameters, checked; a wrong one is a problem that names it."""

import re
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from aiohttp import web

from hub.problems import BadRequestError
from hub.rules.timeline import When

Query = tuple[tuple[str, str], ...]
"""The parameters that a route takes, each with what it means."""
WHEN = (
    ("as_of", "date: what is true in the world from that day or before"),
    ("known_at", "time: what the register knew then"),
)
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


def wrong(name: str, fix: str) -> BadRequestError:
    """The error for a parameter."""
    return BadRequestError(name, fix)


def only(request: web.Request, query: Query = ()) -> None:
    """Refuses a parameter that the route does not have, rather than answer another question than was asked."""
    known = [name for name, _ in query]
    for name in request.query:
        if name not in known:
            raise wrong(name, f"is not known here; this route takes {', '.join(known) or 'none'}")


def number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
        raise wrong(name, f"must be a whole number from {least} to {most}")
    return int(text)


def limit(request: web.Request) -> int:
    return number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)


def uuid(request: web.Request, name: str) -> UUID | None:
    text = request.query.get(name)
    return _uuid(text, name) if text is not None else None


def in_path(request: web.Request, name: str) -> UUID:
    """The id of what the path names."""
    return _uuid(request.match_info[name], name)


def _uuid(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise wrong(name, "must be a UUID") from None


def truth(request: web.Request, name: str) -> bool | None:
    text = request.query.get(name)
    if text not in (None, "true", "false"):
        raise wrong(name, "must be true or false")
    return None if text is None else text == "true"


def code(request: web.Request, name: str, codes: type[StrEnum]) -> str | None:
    """One of a list of codes."""
    text = request.query.get(name)
    if text is not None and text not in set(codes):
        raise wrong(name, f"must be one of {', '.join(codes)}")
    return text


def message_ids(texts: Sequence[str]) -> Sequence[str]:
    """Ids in the form that every message has; another text is nobody's id."""
    if not all(_MESSAGE_ID.fullmatch(text) for text in texts):
        raise wrong("message_id", "must be 16 to 64 of A-Z a-z 0-9 _ -")
    return texts


def day(request: web.Request, name: str) -> date | None:
    text = request.query.get(name)
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise wrong(name, "must be a date such as 2026-05-01") from None


def when(request: web.Request) -> When:
    """The day and the time that are asked about."""
    return When(day(request, "as_of"), moment(request, "known_at"))


def moment(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name)
    try:
        return instant(text) if text is not None else None
    except ValueError:
        raise wrong(name, "must be a time such as 2026-05-01T09:30:00Z") from None


def instant(text: str) -> datetime:
    """A time, of UTC where it names no zone. Raises `ValueError`, also for one that the register could not have."""
    found = datetime.fromisoformat(text)
    # At the ends of the calendar there is no room for another zone, or for a moment before or after.
    if not MINYEAR < found.year < MAXYEAR:
        raise ValueError("the year is out of range")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
