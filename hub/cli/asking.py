"""What a command asks of a hub, and the hub's answer in its own words."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import click
import orjson

from hub.cli.target import Target
from hub.errors import HubError

as_option = click.option(
    "--as", "who", default="admin", show_default=True, help="participant of this machine's hub to ask as"
)


class NotAnswered(HubError):
    """The hub did not do what was asked, or did not answer; the text holds its own words."""


@dataclass(frozen=True)
class Answer:
    """What the hub said, and the entity tag of what it said it about."""

    content: dict[str, Any]
    etag: str | None


def ask(
    hub: Target,
    method: str,
    path: str,
    *,
    sent: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
    seen: str | None = None,
) -> Answer:
    """Asks once; `seen` is the version that a change is made to. Raises `NotAnswered`."""
    return asyncio.run(_ask(hub, method, path, sent, query, seen))


async def _ask(
    hub: Target,
    method: str,
    path: str,
    sent: Mapping[str, Any] | None,
    query: Mapping[str, str] | None,
    seen: str | None,
) -> Answer:
    headers = {"Authorization": f"Bearer {hub.identity.token}"} | ({"If-Match": seen} if seen is not None else {})
    try:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, hub.url + path, json=sent, params=query) as given,
        ):
            status, raw, etag = given.status, await given.read(), given.headers.get("ETag")
    except (aiohttp.ClientError, OSError) as error:
        raise NotAnswered(f"{hub.url} does not answer ({type(error).__name__}); is the hub up?") from None
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise NotAnswered(f"{hub.url} answered {status} with something that is no hub's answer") from None
    if status >= 400:
        wrong = "; ".join(f"{f['field']}: {f['problem']}" for f in content.get("fields", ()))
        raise NotAnswered(wrong or content.get("detail") or f"the hub answered {status}")
    return Answer(content, etag)
