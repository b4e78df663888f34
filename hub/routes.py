"""Routes with what they need: every route names its action and object, and passes `authorise` before its handler."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from hub import clock
from hub.problems import problem
from hub.rules.access import Action, Denial, Grant, Object, Principal, authorise
from hub.services.directory import DirectoryWatch

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GRANT = web.RequestKey("grant", Grant)
_BEARER = "Bearer "


@dataclass(frozen=True)
class Route:
    """One route of the hub's HTTP interface. `summary` and `query` go into the OpenAPI document."""

    method: str
    path: str
    action: Action
    on: Object
    handler: Handler
    summary: str
    query: tuple[tuple[str, str], ...] = ()


def guarded(routes: list[Route], directory: DirectoryWatch) -> list[web.RouteDef]:
    """aiohttp's routes, each behind the one decision."""
    return [web.route(r.method, r.path, _behind(r, directory)) for r in routes]


def _behind(route: Route, directory: DirectoryWatch) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        decision = authorise(_principal(request, directory), route.action, route.on)
        if isinstance(decision, Denial):
            code = "unauthenticated" if decision.status == 401 else "forbidden"
            headers = {"WWW-Authenticate": "Bearer"} if decision.status == 401 else None
            return problem(decision.status, code, decision.reason, headers)
        request[GRANT] = decision
        return await route.handler(request)

    return handle


def _principal(request: web.Request, directory: DirectoryWatch) -> Principal | None:
    header = request.headers.get("Authorization", "")
    if not header.startswith(_BEARER):
        return None
    now, current = clock.now(), directory.current
    member = current.reader(header.removeprefix(_BEARER).strip(), now)
    if member is None:
        return None
    return Principal(member.id, member.kind, member.operator_codes, current.principals(member.id, now))
