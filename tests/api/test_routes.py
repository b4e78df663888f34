"""Every route of the HTTP door passes the one decision before its handler."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from hub.api import openapi
from hub.problems import as_problems
from hub.processes import http_routes
from hub.routes import GRANT, Route, guarded
from hub.rules.access import Action, Grant, Object
from hub.rules.review_rights import decides_anything
from tests.support import people
from tests.support.door import Client, token

OPEN = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/notifications"),
    ("POST", "/v1/notifications/batch"),
}


class Watch:
    """Stands for a directory that follows the database."""

    current = people.directory()


def routes() -> list[Route]:
    parts = cast(Any, SimpleNamespace(intake=None, engine=None, accesses=None, vault=None, directory=None, voice=None))
    return http_routes(parts, cast(Any, None))


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


@asynccontextmanager
async def client(reached: list[Grant]) -> AsyncIterator[Client]:
    """Every route, with handlers that only note what they were granted."""

    async def handler(request: web.Request) -> web.Response:
        reached.append(request[GRANT])
        return web.Response(text="reached")

    app = web.Application(middlewares=[as_problems])
    app.add_routes(guarded([replace(r, handler=handler) for r in routes()], cast(Any, Watch())))
    async with TestClient(TestServer(app)) as made:
        yield made


def path(route: Route) -> str:
    some_id = "00000000-0000-0000-0000-000000000001"
    found = route.path
    for named in ("{asset_id}", "{dispute_id}", "{item_id}"):
        found = found.replace(named, some_id)
    return found.replace("{message_id}", "x" * 16)


@pytest.mark.parametrize("route", routes(), ids=name)
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Bearer nobody's", "Basic eDp4", "read token of neso"])
async def test_without_a_token_only_open_routes_are_reached(route: Route, header: str | None) -> None:
    reached: list[Grant] = []
    async with client(reached) as asking:
        headers = {} if header is None else {"Authorization": header}
        response = await asking.request(route.method, path(route), headers=headers)
        if (route.method, route.path) in OPEN:
            assert response.status == 200
        else:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"
            assert (await response.json(content_type=None))["code"] == "unauthenticated"
    assert bool(reached) is ((route.method, route.path) in OPEN)


@pytest.mark.parametrize("route", [r for r in routes() if (r.method, r.path) not in OPEN], ids=name)
@pytest.mark.parametrize("participant", people.KINDS)
async def test_with_a_token_the_handler_gets_the_readers_grant(route: Route, participant: str) -> None:
    reached: list[Grant] = []
    async with client(reached) as asking:
        response = await asking.request(route.method, path(route), headers=token(participant))
        if route.action is Action.DECIDE and not decides_anything(people.KINDS[participant]):
            assert (response.status, reached) == (403, [])
            return
        assert response.status == 200
    (grant,) = reached
    assert grant.participant == participant
    assert grant.rows != type(grant.rows)()


def test_open_routes_are_exactly_those_that_say_so() -> None:
    said = {(r.method, r.path) for r in routes() if r.on in (Object.SERVICE, Object.NOTIFICATION)}
    assert said == OPEN


def test_what_is_sent_is_a_notification_or_a_dispute_and_what_is_read_is_not() -> None:
    for route in routes():
        assert (route.action is not Action.READ) == (route.method == "POST")
        assert route.action is not Action.SEND or route.on in (Object.NOTIFICATION, Object.DISPUTE)


def test_the_names_that_clients_rely_on() -> None:
    assert {(r.method, r.path) for r in routes()} >= {
        ("GET", "/v1/receipts/{message_id}"),
        ("GET", "/v1/assets"),
        ("GET", "/v1/assets/{asset_id}"),
        ("GET", "/v1/assets/{asset_id}/history"),
        ("GET", "/v1/changes"),
        ("GET", "/v1/snapshot"),
        ("GET", "/v1/audit"),
        ("GET", "/v1/disputes"),
        ("POST", "/v1/disputes"),
        ("GET", "/v1/disputes/{dispute_id}"),
        ("POST", "/v1/disputes/{dispute_id}/steps"),
        ("GET", "/v1/reviews"),
        ("GET", "/v1/reviews/{item_id}"),
        ("POST", "/v1/reviews/{item_id}/decision"),
        ("POST", "/v1/reviews/decisions"),
        *OPEN,
    }


def test_the_document_says_of_every_change_what_is_sent_and_how_it_is_answered() -> None:
    paths = openapi.document(routes())["paths"]
    answered = {}
    for route in routes():
        told = paths[route.path][route.method.lower()]
        assert ("requestBody" in told) == (route.method == "POST")
        if route.method == "POST":
            answered[route.path] = set(told["responses"]) - {"default"}
    assert answered == {
        "/v1/notifications": {"200", "202"},
        "/v1/notifications/batch": {"207"},
        "/v1/disputes": {"202"},
        "/v1/disputes/{dispute_id}/steps": {"202"},
        "/v1/reviews/{item_id}/decision": {"202"},
        "/v1/reviews/decisions": {"207"},
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v2/assets", 404), ("DELETE", "/v1/assets", 405), ("GET", "/v1/notifications", 405)],
)
async def test_what_is_no_route_is_a_problem_too(method: str, path: str, status: int) -> None:
    async with client([]) as asking:
        response = await asking.request(method, path)
        assert (response.status, response.content_type) == (status, "application/problem+json")
