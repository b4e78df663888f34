"""The HTTP door in the test's own process, on real Kafka and PostgreSQL."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from hub.problems import as_problems
from hub.processes import Door, http_routes
from hub.routes import guarded
from hub.services.progress import ProgressWatch
from hub.settings import Settings
from schemas.signed_message import SignedMessage
from tests.support import people

NO_KAFKA = "127.0.0.1:1"
"""Where no broker is."""
SECRET = "a secret of the tests, 32 or more characters"
Client = TestClient[web.Request, web.Application]


def settings(kafka: str, database: str, **others: Any) -> Settings:
    return Settings(kafka=kafka, database=database, secret=SECRET, **others)


@asynccontextmanager
async def open_door(given: Settings, *, with_directory: bool = True) -> AsyncIterator[Client]:
    """A client of a door. Where PostgreSQL is away the door has the directory that it read before."""
    async with open_parts(given, with_directory=with_directory) as (client, _):
        yield client


@asynccontextmanager
async def open_parts(given: Settings, *, with_directory: bool = True) -> AsyncIterator[tuple[Client, Door]]:
    """A client of a door, and the door's own parts."""
    parts = Door(given)
    if with_directory:
        await parts.start()
    else:
        parts.directory.current = people.directory()
    progress = ProgressWatch(parts.engine, given.kafka or "")
    app = web.Application(middlewares=[as_problems])
    app.add_routes(guarded(http_routes(parts, progress), parts.directory))
    async with TestClient(TestServer(app)) as client:
        try:
            yield client, parts
        finally:
            await parts.close()


def headers(message: SignedMessage, **others: str) -> dict[str, str]:
    """The four headers of a message, and its content type; keyword arguments add or replace (`webhook_id="..."`)."""
    found = {
        "Content-Type": "application/json" if message.body[:1] == b"{" else "avro/binary",
        "webhook-id": message.id,
        "webhook-timestamp": str(message.timestamp),
        "webhook-signature": message.signature,
        "webhook-key-id": message.key_id,
    }
    return found | {name.replace("_", "-"): value for name, value in others.items()}


def without(found: dict[str, str], name: str) -> dict[str, str]:
    return {n: v for n, v in found.items() if n != name}


def batch(messages: Sequence[SignedMessage | object]) -> dict[str, Any]:
    """The JSON of a batch; what is no message goes in as it is."""
    return {"messages": [_item(m) if isinstance(m, SignedMessage) else m for m in messages]}


def _item(message: SignedMessage) -> dict[str, Any]:
    return message.model_dump(exclude={"body"}) | {"body": base64.b64encode(message.body).decode("ascii")}


def token(participant: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {people.identity(participant).token}"}
