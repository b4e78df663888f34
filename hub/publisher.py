"""What the hub publishes to Kafka, durably.

Publishing is `acks=all` with idempotence by our own producer, never by Faust's. A send that timed out may still be in
the log, so that whoever publishes again does it with the same message id.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder

from hub.errors import Unavailable
from hub.kafka import MAX_MESSAGE_BYTES

BATCH_BYTES = MAX_MESSAGE_BYTES // 2
"""The usual 16 KB make a request of every twenty messages; the topics take no batch above `MAX_MESSAGE_BYTES`."""
DELIVERY_SECONDS = 8.0
CLOSING_SECONDS, ENDING_SECONDS = 3.0, 0.5

log = structlog.get_logger()


@dataclass(frozen=True)
class Message:
    """What is to be published. Headers are ASCII texts. With a partition it goes out there, else by its key."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, str]] = ()
    partition: int | None = None


class Publisher:
    """An idempotent producer that is made anew when it is stuck."""

    def __init__(self, bootstrap: str, linger_ms: int = 0) -> None:
        self._bootstrap = bootstrap
        self._linger_ms = linger_ms
        self._producer: AIOKafkaProducer | None = None
        self._in_turn = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when every message is acknowledged by all in-sync replicas. What is published first is first in its
        partition, also while an earlier call still waits.

        Raises `Unavailable` when one of them was not in time; some may be in the log all the same.
        """
        producer = None
        sent: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                async with self._in_turn:
                    producer = await self._ready()
                    await _send(producer, messages, sent)
                await (sent[0] if len(sent) == 1 else asyncio.gather(*sent))
        except (KafkaError, TimeoutError, OSError) as error:
            self._discard(producer)
            raise Unavailable(f"Kafka: {type(error).__name__}") from error
        finally:
            _wait_no_more_for(sent)

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                linger_ms=self._linger_ms,
                max_request_size=MAX_MESSAGE_BYTES,
                max_batch_size=BATCH_BYTES,
                request_timeout_ms=int(DELIVERY_SECONDS * 1000),
                retry_backoff_ms=50,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    def _discard(self, stuck: AIOKafkaProducer | None) -> None:
        # An idempotent producer can wedge on an out-of-order sequence and then fails for ever (aiokafka issue 1017).
        # It is closed in the background: closing waits for what it still hopes to send. Others may have another by now.
        if stuck is not None and stuck is self._producer:
            self._producer = None
            task = asyncio.ensure_future(_close(stuck))
            _closing.add(task)
            task.add_done_callback(_closing.discard)

    async def close(self) -> None:
        """Sends what is on its way and disconnects."""
        if self._producer is not None:
            await _close(self._producer)
            self._producer = None


async def _send(producer: AIOKafkaProducer, messages: Sequence[Message], sent: list[asyncio.Future[Any]]) -> None:
    """Adds to `sent` what to wait for, one by one: what was sent before an error is known to whoever asked."""
    for m in messages:
        if m.partition is None:
            sent.append(await producer.send(m.topic, value=m.value, key=m.key, headers=_encoded(m)))
    for (topic, partition), batch in _batches(producer, messages):
        sent.append(await producer.send_batch(batch, topic, partition=partition))


def _wait_no_more_for(futures: Iterable[asyncio.Future[Any]]) -> None:
    """An error of theirs is nobody's any more, and asyncio would log it as one that was never looked at."""
    for future in futures:
        if not future.cancel() and not future.cancelled():
            future.exception()


def _batches(producer: AIOKafkaProducer, messages: Sequence[Message]) -> Iterator[tuple[tuple[str, int], BatchBuilder]]:
    """What names its partition, in as few batches as hold it: a tenth of the work of a message sent by itself."""
    places: dict[tuple[str, int], list[Message]] = {}
    for message in messages:
        if message.partition is not None:
            places.setdefault((message.topic, message.partition), []).append(message)
    for place, its in places.items():
        batch = producer.create_batch()
        for m in its:
            while batch.append(timestamp=None, key=m.key, value=m.value, headers=_encoded(m)) is None:
                yield place, batch
                batch = producer.create_batch()
        yield place, batch


def _encoded(message: Message) -> list[tuple[str, bytes]]:
    return [(name, value.encode("ascii")) for name, value in message.headers]


_closing: set[asyncio.Future[None]] = set()


async def _close(producer: AIOKafkaProducer) -> None:
    stopping = asyncio.ensure_future(producer.stop())
    done, _ = await asyncio.wait([stopping], timeout=CLOSING_SECONDS)
    if not done:
        # It would try again until Kafka takes it, and then stay, with its connections and with all that it holds.
        log.warning("producer_closed_late")
        producer._sender.sender_task.cancel()
        await asyncio.wait([stopping], timeout=ENDING_SECONDS)
        stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    await producer.client.close()
    _fail_all(producer)


def _fail_all(producer: AIOKafkaProducer) -> None:
    """Whoever waits for what was not sent is told; of the rest there is nothing to say."""
    kept = producer._message_accumulator
    batches = [*kept._pending_batches, *(batch for some in kept._batches.values() for batch in some)]
    # aiokafka stumbles over a batch that is to be tried again: when it ends it takes it out of here.
    kept._pending_batches.update(batches)
    kept.fail_all(ProducerClosed())
    _wait_no_more_for([future for batch in batches for future in (batch.future, batch._drain_waiter)])
