"""If-Match on what people change, as answers over HTTP."""

from collections.abc import Sequence

from aiohttp import web

from hub.problems import problem
from hub.rules import preconditions
from hub.rules.preconditions import Refusal, VersionSeen


def refusal(
    request: web.Request, version: int, history: Sequence[VersionSeen] = (), what: str = "asset"
) -> web.Response | None:
    """The problem with the precondition of a change to an asset in `version`; nothing where there is none."""
    found = preconditions.check(_if_match(request), version, history, what)
    return answer(found) if found is not None else None


def answer(found: Refusal) -> web.Response:
    """The problem document; its ETag is that of the present version."""
    return problem(
        found.status,
        found.code,
        found.detail,
        {"ETag": found.current} if found.current is not None else None,
        changed_fields=list(found.changed_fields),
    )


def _if_match(request: web.Request) -> str | None:
    """A header that comes several times is one list."""
    lines = request.headers.getall("If-Match", [])
    return ", ".join(lines) if lines else None
