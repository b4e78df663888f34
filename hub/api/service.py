"""The service itself: life, readiness, metrics, and what its interface is."""

from importlib import metadata, resources

import prometheus_client
from aiohttp import web

from hub.api import openapi
from hub.problems import document, problem
from hub.routes import Route
from hub.rules.access import Action, Object
from hub.services.progress import ProgressWatch


def routes(progress: ProgressWatch, others: list[Route]) -> list[Route]:
    """Open routes; `others` are the routes that the OpenAPI document describes besides these."""

    async def alive(_: web.Request) -> web.Response:
        return document({"status": "alive", "version": metadata.version("fmar-hub")})

    async def ready(_: web.Request) -> web.Response:
        if progress.problems:
            return problem(503, "not_ready", "; ".join(progress.problems), {"Retry-After": "5"})
        return document({"status": "ready"})

    async def measured(_: web.Request) -> web.Response:
        return web.Response(
            body=prometheus_client.generate_latest(),
            headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST},
        )

    async def described(_: web.Request) -> web.Response:
        return document(openapi.document([*own, *others]))

    async def page(_: web.Request) -> web.Response:
        text = resources.files("hub.api").joinpath("page.html").read_text("utf-8")
        return web.Response(text=text, content_type="text/html")

    def open_route(path: str, handler: object, summary: str) -> Route:
        return Route("GET", path, Action.READ, Object.SERVICE, handler, summary)  # type: ignore[arg-type]

    own = [
        open_route("/healthz", alive, "Whether the process answers"),
        open_route("/readyz", ready, "Whether messages get on"),
        open_route("/metrics", measured, "Counters for Prometheus"),
        open_route("/v1/openapi.json", described, "This interface as OpenAPI"),
        open_route("/", page, "A page that shows this interface"),
    ]
    return own
