"""More comes than a door can take: it says so at once, holds no more than it may, and takes nothing by half."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse
from sqlalchemy import text
from structlog.testing import capture_logs

from hub import clock
from hub.embedded.kafka import EmbeddedKafka
from hub.processes import Door
from hub.services import set_aside
from hub.services.registration.entry import JournalEntry
from registry_store.engine import Engine
from schemas import topics
from schemas.signed_message import SignedMessage
from streams.records import read
from tests.support import register
from tests.support.door import Client, batch, headers, open_door, open_parts, settings
from tests.support.journal import ids, signed, signed_body
from tests.support.notifications import T0, a_battery
from tests.support.topic import Tail, as_journal_records, tail
from tests.support.waiting import eventually

SINGLE, BATCH = "/v1/notifications", "/v1/notifications/batch"


@pytest.fixture(autouse=True)
def the_time_is_t0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: T0)


@pytest.fixture
async def incoming(kafka_server: EmbeddedKafka) -> AsyncIterator[Tail]:
    async with tail(kafka_server.address, *topics.JOURNAL) as found:
        yield found


def messages(count: int, sender: str = "installer-1", name: str = "b") -> list[SignedMessage]:
    return [signed(a_battery(sender, f"{name}{n}")) for n in range(count)]


async def send(client: Client, message: SignedMessage) -> ClientResponse:
    return await client.post(SINGLE, data=message.body, headers=headers(message))


async def send_all(client: Client, sent: Sequence[SignedMessage]) -> dict[str, ClientResponse]:
    responses = await asyncio.gather(*(send(client, m) for m in sent))
    return {m.id: r for m, r in zip(sent, responses, strict=True)}


async def batch_statuses(client: Client, sent: Sequence[SignedMessage]) -> list[int]:
    response = await client.post(BATCH, json=batch(sent))
    return [a["status"] for a in (await response.json())["answers"]]


@asynccontextmanager
async def frozen(server: EmbeddedKafka) -> AsyncIterator[None]:
    """The broker neither answers nor goes away."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


async def in_flight(parts: Door, count: int) -> None:
    async def there() -> bool:
        return parts.intake.in_flight == count

    await eventually(there)


async def test_while_kafka_does_not_keep_up_what_is_too_much_is_told_at_once_and_is_nowhere(
    kafka_server: EmbeddedKafka, database: str, incoming: Tail
) -> None:
    given = settings(kafka_server.address, database, max_in_flight=40)
    first, more, bulk = messages(40), messages(100, name="more"), messages(30, "platform-1", "bulk")
    async with open_parts(given) as (client, parts):
        await send(client, signed(a_battery(ref="warm")))
        await incoming.next(1)
        async with frozen(kafka_server):
            waiting = asyncio.ensure_future(send_all(client, first))
            await in_flight(parts, 40)
            async with asyncio.timeout(5):
                told = await send_all(client, more)
                assert await batch_statuses(client, bulk) == [503] * 30
            assert {(r.status, r.headers["Retry-After"]) for r in told.values()} == {(503, "2")}
            assert parts.intake.in_flight == 40
        taken = {mid for mid, r in (await waiting).items() if r.status == 202}
        assert taken == {m.id for m in first}, "what was on its way is taken once Kafka answers"
        assert ids(await incoming.next(40)) == taken
        assert await incoming.nothing(), "what was not taken is not in the journal"
        again = [r.status for r in (await send_all(client, more[:40])).values()]
        assert again == [202] * 40, "and is no repeat when it comes again"
        assert await batch_statuses(client, bulk) == [202] * 30


async def test_a_batch_beyond_what_may_be_in_flight_is_taken_whole_or_not_at_all(
    kafka_server: EmbeddedKafka, database: str, incoming: Tail
) -> None:
    given = settings(kafka_server.address, database, max_in_flight=25)
    large = messages(60, "platform-1")
    async with open_parts(given) as (client, parts):
        assert await batch_statuses(client, large) == [202] * 60
        assert ids(await incoming.next(60)) == {m.id for m in large}
        other = messages(60, "platform-1", "other")
        async with frozen(kafka_server):
            waiting = asyncio.ensure_future(send(client, signed(a_battery(ref="one"))))
            await in_flight(parts, 1)
            assert await batch_statuses(client, other) == [503] * 60
        assert (await waiting).status == 202
        await incoming.next(1)
        assert await incoming.nothing()


async def test_a_participant_above_its_quota_is_told_and_the_others_are_served(
    kafka_server: EmbeddedKafka, database: str, incoming: Tail
) -> None:
    given = settings(kafka_server.address, database, participant_rate=0.001, participant_burst=50)
    flood, bulk, others = messages(120), messages(80, "platform-1"), messages(40, "installer-2")
    async with open_door(given) as client:
        flooded, served, statuses = await asyncio.gather(
            send_all(client, flood), send_all(client, others), batch_statuses(client, bulk)
        )
        assert sorted(r.status for r in flooded.values()) == [202] * 50 + [429] * 70
        assert {r.headers["Retry-After"] for r in flooded.values() if r.status == 429} == {"2"}
        assert statuses == [202] * 50 + [429] * 30, "of a batch the first ones, in their order"
        assert {r.status for r in served.values()} == {202}
        taken = {mid for mid, r in (flooded | served).items() if r.status == 202} | {m.id for m in bulk[:50]}
        assert ids(await incoming.next(140)) == taken
        assert await incoming.nothing()


async def test_one_id_with_two_bodies_at_one_moment_is_taken_once(
    kafka_server: EmbeddedKafka, database: str, incoming: Tail
) -> None:
    one = signed(a_battery())
    other = signed(a_battery(phases=1), mid=one.id)
    async with open_door(settings(kafka_server.address, database)) as client:
        responses = await asyncio.gather(send(client, one), send(client, other))
        assert sorted(r.status for r in responses) == [202, 409]
        await incoming.next(1)
        assert await incoming.nothing()


async def test_nobody_waits_for_what_is_kept_of_another(
    kafka_server: EmbeddedKafka, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, may_end = set_aside.keep, asyncio.Event()

    async def slowly(*given: Any) -> None:
        await may_end.wait()
        await usual(*given)

    monkeypatch.setattr(set_aside, "keep", slowly)
    async with open_door(settings(kafka_server.address, database)) as client:
        wrong = asyncio.ensure_future(send(client, signed_body(b'{"type":"AssetUpdated"}', "installer-2")))
        assert {r.status for r in (await send_all(client, messages(5))).values()} == {202}
        assert not wrong.done()
        may_end.set()
        assert (await wrong).status == 422


async def test_while_the_inbox_does_not_answer_messages_are_taken_and_afterwards_repeats_are_found(
    kafka_server: EmbeddedKafka, database: str, incoming: Tail, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry_store.inbox_reader.ANSWER_SECONDS", 0.3)
    registered, other = messages(2)
    async with open_door(settings(kafka_server.address, database)) as client:
        assert (await send(client, registered)).status == 202
        entry = read(as_journal_records(await incoming.next(1))[0])
        assert isinstance(entry, JournalEntry)
        await register.put(engine, [entry])
    async with open_door(settings(kafka_server.address, database)) as client:
        async with engine.begin() as holding:
            await holding.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
            assert (await send(client, other)).status == 202
        assert [(await send(client, m)).status for m in (registered, other)] == [200, 200]


async def test_an_inbox_that_cannot_be_asked_costs_nobody_an_answer_and_is_told_once(
    kafka_server: EmbeddedKafka, database: str, incoming: Tail, engine: Engine
) -> None:
    """Whatever is wrong with it: the registration finds every repeat again."""
    sent, wrong = messages(5), signed_body(b'{"type":"AssetUpdated"}', "installer-2")
    async with open_door(settings(kafka_server.address, database)) as client:
        async with engine.begin() as changing:
            await changing.execute(text("ALTER TABLE inbox RENAME TO inbox_elsewhere"))
        try:
            with capture_logs() as said:
                assert {r.status for r in (await send_all(client, sent)).values()} == {202}
                assert await batch_statuses(client, [*sent, wrong]) == [200] * 5 + [422]
                assert (await send(client, messages(1, name="later")[0])).status == 202
        finally:
            async with engine.begin() as changing:
                await changing.execute(text("ALTER TABLE inbox_elsewhere RENAME TO inbox"))
        assert len(await incoming.next(6)) == 6
        (line,) = [line for line in said if line["event"] == "repeats_not_looked_up"]
        assert (line["log_level"], line["error"]) == ("error", "UndefinedTableError")
        assert not [line for line in said if any(m.id in str(line) for m in sent)]
        with capture_logs() as said:
            assert (await send(client, messages(1, name="found again")[0])).status == 202
        assert "repeats_looked_up_again" in [line["event"] for line in said]


async def test_others_have_their_turn_while_a_large_batch_is_checked(
    kafka_server: EmbeddedKafka, database: str
) -> None:
    async with open_door(settings(kafka_server.address, database)) as client:
        bulk = batch(messages(600, "platform-1"))
        waiting = asyncio.ensure_future(client.post(BATCH, json=bulk))
        answered = 0
        while not waiting.done():
            assert (await client.get("/healthz")).status == 200
            answered += 1
        assert answered > 10
        assert (await waiting).status == 207
