"""Reading over HTTP in tests: a door over a register that was told some messages, and what it answers."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from registry_store.engine import connect
from schemas.notifications import Notification
from tests.support import register
from tests.support.door import NO_KAFKA, Client, open_door, settings, token
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0


@asynccontextmanager
async def open_over(url: str, told: Iterable[Notification], every: timedelta = timedelta(0)) -> AsyncIterator[Client]:
    """A door over a register that was told these one after another, from T0 on; their ids are told-0, told-1, ..."""
    engine, journal = connect(url), JournalBuilder()
    for number, notification in enumerate(told):
        entry = journal.entry(notification, told_id(number))
        await register.put(engine, [entry], now=T0 + number * every)
    await register.number(engine)
    await engine.dispose()
    async with open_door(settings(NO_KAFKA, url)) as client:
        yield client


def told_id(number: int) -> str:
    return message_id(f"told-{number}")


async def get(client: Client, path: str, who: str, status: int = 200) -> Any:
    """The content of an answer; every refusal is a problem document."""
    response = await client.get(path, headers=token(who))
    assert response.status == status, await response.text()
    if status >= 400:
        assert response.content_type == "application/problem+json"
    return await response.json(content_type=None)
