"""A small HTTP server in the hub's place, which answers as a test tells it to."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from schemas.signed_message import SignedMessage

Reply = tuple[int, dict[str, Any], dict[str, str]]
Judge = Callable[[SignedMessage], tuple[int, str]]


def taken(_: SignedMessage) -> tuple[int, str]:
    return 202, "accepted"


@dataclass
class StandIn:
    """What it was sent, and how it answers: `judge` each message, `failures` whole requests first."""

    judge: Judge = taken
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    got: list[SignedMessage] = field(default_factory=list)
    requests: int = 0
    asked_ids: list[int] = field(default_factory=list)
    url: str = ""

    def _failure(self) -> web.Response | None:
        self.requests += 1
        if not self.failures:
            return None
        status, headers = self.failures.pop(0)
        return web.json_response({"status": status, "code": "busy"}, status=status, headers=headers)

    async def single(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if (failure := self._failure()) is not None:
            return failure
        message = SignedMessage(
            id=request.headers["webhook-id"],
            timestamp=int(request.headers["webhook-timestamp"]),
            key_id=request.headers["webhook-key-id"],
            signature=request.headers["webhook-signature"],
            body=raw,
        )
        self.got.append(message)
        status, code = self.judge(message)
        return web.json_response({"message_id": message.id, "code": code}, status=status)

    async def batch(self, request: web.Request) -> web.Response:
        items = (await request.json())["messages"]
        if (failure := self._failure()) is not None:
            return failure
        answers = []
        for item in items:
            message = SignedMessage(**{**item, "body": base64.b64decode(item["body"])})
            self.got.append(message)
            status, code = self.judge(message)
            answers.append({"message_id": message.id, "status": status, "code": code})
        return web.json_response({"answers": answers}, status=207)

    async def receipts(self, request: web.Request) -> web.Response:
        if (failure := self._failure()) is not None:
            return failure
        ids = request.query["ids"].split(",")
        self.asked_ids.append(len(ids))
        return web.json_response({"receipts": [self.outcomes[i] for i in ids if i in self.outcomes]})


@asynccontextmanager
async def standing_in(hub: StandIn, port: int | None = None) -> AsyncIterator[StandIn]:
    """The server, while the block runs."""
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.add_routes(
        [
            web.post("/v1/notifications", hub.single),
            web.post("/v1/notifications/batch", hub.batch),
            web.get("/v1/receipts", hub.receipts),
        ]
    )
    async with TestServer(app, port=port) as server:
        hub.url = str(server.make_url("")).rstrip("/")
        yield hub


def receipt(participant: str, message_id: str, outcome: str, *reasons: str) -> dict[str, Any]:
    """A receipt as the hub writes it."""
    return {
        "participant": participant,
        "message_id": message_id,
        "outcome": outcome,
        "reasons": list(reasons),
        "recorded_at": "2026-11-02T10:00:00Z",
    }
