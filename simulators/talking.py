"""How conversations go through each of the HTTP and Kafka doors."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from hub.errors import Unavailable
from hub.identity import Identity
from hub.publisher import Message, Publisher
from schemas import avro
from schemas.topics import platform_topic
from schemas.vocabulary import Door
from simulators.client import HubClient
from simulators.ledger import Ledger
from simulators.messages import Conversation, Step
from simulators.pace import Pace, side_by_side

SIDE_BY_SIDE = 32
BATCH = 200
PUBLISH_ATTEMPTS = 10
PUBLISH_PAUSE_SECONDS = 2.0

Told = Callable[[], None]
"""Called after each answer, for progress."""


async def one_by_one(
    client: HubClient,
    identity: Identity,
    conversations: Iterable[Conversation],
    ledger: Ledger,
    pace: Pace,
    told: Told,
) -> None:
    """Through the webhook: each conversation in its order, many side by side."""

    async def converse(conversation: Conversation) -> None:
        for step in conversation:
            await pace.turn()
            answer = await client.send(identity, step.outgoing)
            ledger.heard(identity.participant, Door.WEBHOOK, step, answer)
            told()

    await side_by_side(conversations, converse, SIDE_BY_SIDE)


async def in_batches(
    client: HubClient,
    identity: Identity,
    conversations: Iterable[Conversation],
    ledger: Ledger,
    pace: Pace,
    told: Told,
) -> None:
    """Through the batch door, in requests that keep a conversation's order across them."""
    for steps in waves(conversations, BATCH):
        await pace.turn(len(steps))
        answers = await client.send_batch(identity, [step.outgoing for step in steps])
        for step, answer in zip(steps, answers, strict=True):
            ledger.heard(identity.participant, Door.PLATFORM, step, answer)
            told()


async def into_kafka(
    kafka: str,
    identity: Identity,
    conversations: Iterable[Conversation],
    ledger: Ledger,
    pace: Pace,
    told: Told,
) -> None:
    """Straight into the platform's own topic; Kafka's acknowledgement is all that is heard at once."""
    producer = Publisher(kafka)
    topic = platform_topic(identity.participant)
    try:
        for steps in waves(conversations, BATCH):
            await pace.turn(len(steps))
            await _publish(producer, topic, identity, steps)
            for step in steps:
                ledger.handed_over(identity.participant, Door.PLATFORM, step)
                told()
    finally:
        await producer.close()


async def _publish(producer: Publisher, topic: str, identity: Identity, steps: Sequence[Step]) -> None:
    """Until Kafka has them all; what it had already comes again under the same ids."""
    for attempt in range(PUBLISH_ATTEMPTS):
        try:
            sealed = [avro.encode(step.outgoing.seal(identity)) for step in steps]
            return await producer.publish([Message(topic, None, value) for value in sealed])
        except Unavailable:
            if attempt + 1 == PUBLISH_ATTEMPTS:
                raise
            await asyncio.sleep(PUBLISH_PAUSE_SECONDS)


def waves(conversations: Iterable[Conversation], size: int) -> Iterator[list[Step]]:
    """Lists of steps to send together; of one conversation's steps, the next comes only in the next list."""
    queue = iter(conversations)
    while group := list(islice(queue, size)):
        for turn in range(max(len(c) for c in group)):
            yield [conversation[turn] for conversation in group if turn < len(conversation)]
