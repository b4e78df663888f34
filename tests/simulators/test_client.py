"""The client that simulators and importers share: it loses nothing to a door that is busy or away."""

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp.test_utils import unused_port

from hub.rules import signature
from schemas.signed_message import SignedMessage
from simulators import client as client_module
from simulators.client import HubClient, HubRefused, HubSilent
from simulators.messages import Outgoing
from tests.simulators.hub_stand_in import StandIn, receipt, standing_in
from tests.simulators.town import IDENTITIES

WHO = IDENTITIES["installer-1"]
JSON = Outgoing("message-of-a-test-1", b'{"type":"AssetCommissioned"}')
AVRO = Outgoing("message-of-a-test-2", b"\xc3\x01 and more")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 0.01)


def many(count: int) -> list[Outgoing]:
    return [Outgoing(f"message-of-a-test-{n:06d}", b"{}") for n in range(count)]


@pytest.mark.parametrize("outgoing", [JSON, AVRO], ids=["json", "avro"])
async def test_a_message_arrives_as_signed(outgoing: Outgoing) -> None:
    async with standing_in(StandIn()) as hub, HubClient(hub.url) as client:
        answer = await client.send(WHO, outgoing)
    assert (answer.status, answer.code, answer.accepted) == (202, "accepted", True)
    (got,) = hub.got
    assert (got.id, got.body) == (outgoing.message_id, outgoing.body)
    assert signature.verifies(got, WHO.public_key)


async def test_a_busy_door_is_asked_again_with_the_same_id() -> None:
    hub = StandIn(failures=[(503, {"Retry-After": "0"}), (429, {})])
    async with standing_in(hub), HubClient(hub.url) as client:
        answer = await client.send(WHO, JSON)
    assert answer.status == 202
    assert hub.requests == 3
    assert [m.id for m in hub.got] == [JSON.message_id]


async def test_each_try_is_signed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: Iterator[int] = iter((1_800_000_000, 1_800_000_007))
    seals: list[SignedMessage] = []

    def seal(outgoing: Outgoing, who: object) -> SignedMessage:
        seals.append(WHO.sign(outgoing.body, outgoing.message_id, next(seconds)))
        return seals[-1]

    monkeypatch.setattr(Outgoing, "seal", seal)
    async with standing_in(StandIn(failures=[(503, {})])) as hub, HubClient(hub.url) as client:
        await client.send(WHO, JSON)
    assert [s.timestamp for s in seals] == [1_800_000_000, 1_800_000_007]
    assert hub.got == [seals[1]]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 409, 413, 415, 422])
async def test_a_final_answer_is_not_asked_for_twice(status: int) -> None:
    async with (
        standing_in(StandIn(judge=lambda _: (status, "some_code"))) as hub,
        HubClient(hub.url) as client,
    ):
        answer = await client.send(WHO, JSON)
    assert (answer.status, answer.code) == (status, "some_code")
    assert hub.requests == 1


async def test_a_door_that_comes_up_later_gets_the_message() -> None:
    port = unused_port()
    async with HubClient(f"http://127.0.0.1:{port}") as client:
        sending = asyncio.create_task(client.send(WHO, JSON))
        await asyncio.sleep(0)
        async with standing_in(StandIn(), port) as hub:
            answer = await sending
    assert answer.status == 202
    assert [m.id for m in hub.got] == [JSON.message_id]


async def test_patience_ends_in_words() -> None:
    async with HubClient(f"http://127.0.0.1:{unused_port()}", patience=0.05) as client:
        with pytest.raises(HubSilent, match="hub doctor"):
            await client.send(WHO, JSON)


async def test_answers_of_a_batch_are_in_the_order_of_its_messages() -> None:
    def odd_ones_are_wrong(message: SignedMessage) -> tuple[int, str]:
        return (422, "payload_invalid") if int(message.id[-1]) % 2 else (202, "accepted")

    messages = many(10)
    async with standing_in(StandIn(judge=odd_ones_are_wrong)) as hub, HubClient(hub.url) as client:
        answers = await client.send_batch(WHO, messages)
    assert [a.message_id for a in answers] == [m.message_id for m in messages]
    assert [a.status for a in answers] == [202, 422] * 5


async def test_of_a_batch_only_what_the_door_was_too_busy_for_is_sent_again() -> None:
    seen: set[str] = set()

    def busy_at_first_for_every_third(message: SignedMessage) -> tuple[int, str]:
        first = message.id not in seen
        seen.add(message.id)
        return (503, "busy") if first and int(message.id[-2:]) % 3 == 0 else (202, "accepted")

    hub = StandIn(judge=busy_at_first_for_every_third, failures=[(503, {})])
    async with standing_in(hub), HubClient(hub.url) as client:
        answers = await client.send_batch(WHO, many(9))
    assert [a.status for a in answers] == [202] * 9
    assert len(hub.got) == 9 + 3


async def test_a_batch_that_is_refused_as_a_whole_says_so() -> None:
    async with standing_in(StandIn(failures=[(400, {})])) as hub, HubClient(hub.url) as client:
        with pytest.raises(HubRefused, match="400"):
            await client.send_batch(WHO, many(2))


@pytest.mark.parametrize("length", [16, 64])
async def test_receipts_are_asked_for_in_parts_the_hub_takes(length: int) -> None:
    ids = [f"{n:0{length}d}" for n in range(1201)]
    hub = StandIn(outcomes={i: receipt(WHO.participant, i, "registered") for i in ids[:-1]})
    async with standing_in(hub), HubClient(hub.url) as client:
        found = await client.receipts(WHO, ids)
    assert sum(hub.asked_ids) == len(ids)
    assert max(hub.asked_ids) <= client_module.MAX_RECEIPTS
    assert set(found) == set(ids[:-1])


async def test_a_read_that_is_refused_says_why() -> None:
    async with standing_in(StandIn(failures=[(401, {})])) as hub, HubClient(hub.url) as client:
        with pytest.raises(HubRefused, match="/v1/receipts: 401"):
            await client.receipts(WHO, [JSON.message_id])
