"""RFC 9457 problem documents, the one form of every error over HTTP."""

from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

CONTENT_TYPE = "application/problem+json"


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
    return web.Response(status=status, body=orjson.dumps(content), content_type="application/json", headers=headers)


@web.middleware
async def as_problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turns the framework's own errors (no such route, body too large) into problem documents."""
    try:
        answer: web.StreamResponse = await handler(request)
        return answer
    except web.HTTPRequestEntityTooLarge:
        return problem(413, "too_large", "The request is larger than this route takes.")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = HTTPStatus(error.status).phrase.lower().replace(" ", "_")
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return problem(error.status, code, f"{request.method} {request.path}: {error.reason}.", allow)
