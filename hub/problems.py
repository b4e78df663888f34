"""RFC 9457 problem documents, the one form of every error over HTTP."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
import structlog
from aiohttp import web

from hub.errors import Unavailable
from hub.log import where

CONTENT_TYPE = "application/problem+json"

log = structlog.get_logger()


class BadRequestError(Exception):
    """A parameter that cannot be meant: which, and how to mend it."""

    def __init__(self, field: str, fix: str) -> None:
        super().__init__(f"The parameter {field} {fix}.")
        self.field, self.fix = field, fix


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **extra: Any) -> web.Response:
    """A problem response: `code` is for programs, `detail` for people."""
    document = {
        "type": f"urn:fmar-hub:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **{name: value for name, value in extra.items() if value},
    }
    return web.Response(status=status, body=orjson.dumps(document), content_type=CONTENT_TYPE, headers=headers)


def document(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON response."""
    body = orjson.dumps(content, default=_plain)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _plain(value: object) -> str:
    """What orjson does not know: the UUIDs of the database's driver are of a class of their own."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


@web.middleware
async def as_problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turns every error that a handler lets out into a problem document, the framework's own among them."""
    try:
        answer: web.StreamResponse = await handler(request)
        return answer
    except BadRequestError as error:
        return problem(400, "malformed", str(error), fields=[{"field": error.field, "problem": error.fix}])
    except web.HTTPRequestEntityTooLarge:
        return problem(413, "too_large", "The request is larger than this route takes.")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = HTTPStatus(error.status).phrase.lower().replace(" ", "_")
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return problem(error.status, code, f"{request.method} {request.path}: {error.reason}.", allow)
    except Unavailable as error:
        log.warning("not_answered", reason=str(error))
        return problem(503, "busy", "The register does not answer now; try again later.", {"Retry-After": "2"})
    except ConnectionError:
        # Whoever asked has gone; there is nobody to answer.
        raise
    except Exception as error:
        log.error("handler_failed", error=type(error).__name__, where=where(error))
        return problem(500, "internal_error", "This is the hub's own mistake; it has been noted.")
