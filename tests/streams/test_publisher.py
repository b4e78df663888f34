"""The publisher on a real broker that answers and takes nothing."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NotEnoughReplicasError
from aiokafka.protocol.produce import ProduceRequest

from hub import publisher as publishing
from hub.embedded.kafka import EmbeddedKafka
from hub.errors import Unavailable
from hub.publisher import Message, Publisher
from schemas import topics
from tests.support.waiting import eventually


@pytest.fixture
def taking_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    really = AIOKafkaClient.send

    async def send(client: AIOKafkaClient, node: int, request: object, **others: Any) -> object:
        if isinstance(request, ProduceRequest):
            raise NotEnoughReplicasError
        return await really(client, node, request, **others)

    monkeypatch.setattr(AIOKafkaClient, "send", send)
    monkeypatch.setattr(publishing, "DELIVERY_SECONDS", 1.0)
    monkeypatch.setattr(publishing, "CLOSING_SECONDS", 0.5)


@pytest.mark.usefixtures("taking_nothing")
async def test_a_producer_that_is_given_up_leaves_nothing_behind(kafka_server: EmbeddedKafka) -> None:
    """aiokafka would try again for ever: a connection and all that was to be sent, for each time that it was stuck."""
    before = asyncio.all_tasks()
    publisher = Publisher(kafka_server.address)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await publisher.publish([Message(topics.INTAKE, b"key", b"value")])

    async def nothing_is_left() -> bool:
        return asyncio.all_tasks() - before <= {asyncio.current_task()}

    await eventually(nothing_is_left)
    await publisher.close()


@pytest.fixture
async def unheard() -> AsyncIterator[list[str]]:
    """What the event loop had to say of errors that nobody looked at."""
    said: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: said.append(str(told)))
    yield said


async def nothing_is_unheard(unheard: list[str]) -> None:
    while publishing._closing:
        await asyncio.wait(publishing._closing)
    # An error is found unheard when its future is thrown away.
    gc.collect()
    await asyncio.sleep(0)
    assert unheard == []


def messages(count: int, partition: int | None) -> list[Message]:
    return [Message(topics.INTAKE, b"key", b"value" * 20_000, partition=partition) for _ in range(count)]


@pytest.mark.usefixtures("taking_nothing")
@pytest.mark.parametrize("partition", [None, 0])
@pytest.mark.parametrize("count", [1, 2, 20])
async def test_what_a_given_up_producer_had_to_send_fails_without_a_word(
    kafka_server: EmbeddedKafka, unheard: list[str], count: int, partition: int | None
) -> None:
    """20 are more than a partition's batch takes, so that some have not set out when the time is over."""
    publisher = Publisher(kafka_server.address)
    with pytest.raises(Unavailable):
        await publisher.publish(messages(count, partition))
    await nothing_is_unheard(unheard)


@pytest.mark.usefixtures("taking_nothing")
@pytest.mark.parametrize("partition", [None, 0])
async def test_who_gives_up_waiting_leaves_no_error_behind(
    kafka_server: EmbeddedKafka, unheard: list[str], partition: int | None
) -> None:
    publisher = Publisher(kafka_server.address)
    waiting = asyncio.create_task(publisher.publish(messages(20, partition)))
    await asyncio.sleep(0.5)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    del waiting
    await publisher.close()
    await nothing_is_unheard(unheard)


@pytest.mark.usefixtures("taking_nothing")
async def test_a_publisher_that_is_closed_with_sends_under_way_leaves_no_error_behind(
    kafka_server: EmbeddedKafka, unheard: list[str]
) -> None:
    publisher = Publisher(kafka_server.address)
    waiting = [asyncio.create_task(publisher.publish(messages(2, partition))) for partition in (None, 0)]
    await asyncio.sleep(0.5)
    await publisher.close()
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(outcome, Unavailable)
    await nothing_is_unheard(unheard)
