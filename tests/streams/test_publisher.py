"""The publisher on a real broker that answers and takes nothing."""

import asyncio
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NotEnoughReplicasError
from aiokafka.protocol.produce import ProduceRequest

from hub import kafka
from hub.embedded.kafka import EmbeddedKafka
from hub.errors import Unavailable
from hub.kafka import Message, Publisher
from schemas import topics
from tests.support.waiting import eventually


async def test_a_producer_that_is_given_up_leaves_nothing_behind(
    kafka_server: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka would try again for ever: a connection and all that was to be sent, for each time that it was stuck."""
    really = AIOKafkaClient.send

    async def send(client: AIOKafkaClient, node: int, request: object, **others: Any) -> object:
        if isinstance(request, ProduceRequest):
            raise NotEnoughReplicasError
        return await really(client, node, request, **others)

    monkeypatch.setattr(AIOKafkaClient, "send", send)
    monkeypatch.setattr(kafka, "DELIVERY_SECONDS", 1.0)
    monkeypatch.setattr(kafka, "CLOSING_SECONDS", 0.5)
    before = asyncio.all_tasks()
    publisher = Publisher(kafka_server.address)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await publisher.publish([Message(topics.INTAKE, b"key", b"value")])

    async def nothing_is_left() -> bool:
        return asyncio.all_tasks() - before <= {asyncio.current_task()}

    await eventually(nothing_is_left)
    await publisher.close()
