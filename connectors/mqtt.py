"""The MQTT door: signed messages on `in/<participant>/...`, answers on `out/<participant>/receipts`.

The broker's PUBACK to a device says only that the broker has the message; the hub's acceptance is its receipt. The
door holds a persistent session and acknowledges a message by hand after Kafka has it. While Kafka takes nothing from
anybody, messages are tried again and not acknowledged, so that the broker holds back the rest and, should the door
die, delivers them again; those that are refused are answered meanwhile. What is not taken of one sender alone is
answered: who is above its quota (429), or is refused and cannot be set aside while PostgreSQL is away (503), sends
again. To wait for one would hold up all, as they share the door's session and what the broker hands out over it.
Retained messages re-announce a whole fleet after each reconnect: they are repeats and are dropped cheaply by the
intake (`connectors.taken_lately`).
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import orjson
import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import TypeAdapter, ValidationError

from connectors import answers
from connectors.admission import Arrival
from connectors.answers import Answer
from connectors.intake import Intake
from hub import clock
from schemas import avro
from schemas.signed_message import MAX_BODY_BYTES, SignedMessage
from schemas.vocabulary import Door, ParticipantId

SUBSCRIPTION = "in/#"
CLIENT_ID = "fmar-hub-door"
BURST = 500
QUEUED = 2000
"""Messages that wait here at the most; of what must be acknowledged, the broker holds back the rest."""
UNTAKEN = 5_000
"""Receipts after which the door waits until the broker has them: it may take them slower than it gives messages."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 5.0
RECONNECT_SECONDS = (1, 10)
LOOK_SECONDS = 1.0
ENVELOPE_BYTES = 4 * 1024
_NAME: TypeAdapter[str] = TypeAdapter(ParticipantId)

log = structlog.get_logger()


def receipts_topic(participant: str) -> str:
    return f"out/{participant}/receipts"


def disputes_topic(participant: str) -> str:
    return f"out/{participant}/disputes"


@dataclass(frozen=True)
class _Delivery:
    """A message as the broker delivered it, over which of our connections."""

    topic: str
    payload: bytes | None
    """Nothing where it was too large to be kept."""
    mid: int
    qos: int
    connection: int


class MqttDoor:
    """One session with the broker. paho runs its own thread; everything else happens in the event loop."""

    def __init__(self, url: str, intake: Intake) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 1883)
        self._intake = intake
        self._queue: asyncio.Queue[_Delivery] = asyncio.Queue()
        self._connection = 0
        self._untaken: dict[int, asyncio.Future[None]] = {}
        """What was published and the broker has not acknowledged, by paho's number."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            CLIENT_ID,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=True,
        )
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        self._client.reconnect_delay_set(*RECONNECT_SECONDS)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected())

    async def run(self) -> None:
        """Until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._client.connect_async(*self._address, keepalive=30)
        self._client.loop_start()
        try:
            await self._serve()
        finally:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    def publish_receipt(self, participant: str, receipt: dict[str, object]) -> asyncio.Future[None]:
        """Tells a participant, at least once while it has a session; it may ask over HTTP at any time.

        Done once the broker has it. One that is away gets it when it is there again, while this process lives.
        """
        return self._tell(receipts_topic(participant), receipt)

    def publish_dispute(self, participant: str, notice: dict[str, object]) -> asyncio.Future[None]:
        """Tells a party of a dispute what happened in it, in the same way."""
        return self._tell(disputes_topic(participant), notice)

    def _tell(self, topic: str, said: dict[str, object]) -> asyncio.Future[None]:
        number = self._client.publish(topic, orjson.dumps(said), qos=1).mid
        # The acknowledgement is looked at in this loop, too, so that it never comes before this.
        self._untaken[number] = taken = asyncio.get_running_loop().create_future()
        return taken

    def _on_publish(self, _: mqtt.Client, __: object, number: int, ___: ReasonCode, ____: Properties) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._taken, number)

    def _taken(self, number: int) -> None:
        taken = self._untaken.pop(number, None)
        if taken is not None and not taken.done():
            taken.set_result(None)

    def _on_connect(
        self,
        client: mqtt.Client,
        _: object,
        __: mqtt.ConnectFlags,
        reason: ReasonCode,
        ___: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error("mqtt_refused", reason=str(reason), do="check user and password in HUB_MQTT")
            return
        self._connection += 1
        client.subscribe(SUBSCRIPTION, qos=1)
        log.info("mqtt_connected", connection=self._connection)

    def _on_message(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload) if len(message.payload) <= MAX_BODY_BYTES + ENVELOPE_BYTES else None
        delivery = _Delivery(message.topic, payload, message.mid, message.qos, self._connection)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._put, delivery)

    def _put(self, delivery: _Delivery) -> None:
        # Nobody counts on what is sent "at most once", and the broker holds back nothing of it.
        if delivery.qos > 0 or self._queue.qsize() < QUEUED:
            self._queue.put_nowait(delivery)
        else:
            log.warning("qos_0_dropped", queued=QUEUED)

    async def _serve(self) -> None:
        left: list[_Delivery] = []
        wait = FIRST_WAIT_SECONDS
        while True:
            if len(left) < BURST:
                burst = [*left, *await self._more(BURST - len(left), wait if left else None)]
            else:
                await asyncio.sleep(wait)
                burst = left
            # Over a new connection the broker delivers again what was not acknowledged.
            left = [d for d in await self._settle(burst) if d.qos == 0 or d.connection == self._connection]
            wait = min(2 * wait, LONGEST_WAIT_SECONDS) if left else FIRST_WAIT_SECONDS

    async def _more(self, room: int, within: float | None) -> list[_Delivery]:
        """The next message and whatever else is there already; nothing when none comes in time."""
        found: list[_Delivery] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                found.append(await self._queue.get())
        while found and len(found) < room and not self._queue.empty():
            found.append(self._queue.get_nowait())
        return found

    async def _settle(self, deliveries: Sequence[_Delivery]) -> list[_Delivery]:
        """Those that were not taken now, and have no answer."""
        read = [_read(d) for d in deliveries]
        given = iter(await self._intake.accept(Door.MQTT, [r for r in read if isinstance(r, Arrival)]))
        left = []
        for delivery, item in zip(deliveries, read, strict=True):
            answer = next(given) if isinstance(item, Arrival) else item
            if answer.of_all:
                left.append(delivery)
            else:
                self._answer(delivery, answer)
        # Without a connection there is nothing to wait for, and nothing comes.
        while len(self._untaken) > UNTAKEN and self.connected:
            await asyncio.wait(self._untaken.values(), timeout=LOOK_SECONDS)
        return left

    def _answer(self, delivery: _Delivery, answer: Answer) -> None:
        # Over a new connection the broker delivers it again; its number here may by now be another message's.
        if delivery.connection == self._connection:
            self._client.ack(delivery.mid, delivery.qos)
            if (participant := _participant(delivery.topic)) is not None:
                self.publish_receipt(participant, answers.as_json(answer))


def _participant(topic: str) -> str | None:
    """Whose topic it is. `in/#` has others, too, where the broker's access rules leave them open."""
    name = topic.split("/")[1:2]
    try:
        return _NAME.validate_python(*name) if name else None
    except ValidationError:
        return None


def _read(delivery: _Delivery) -> Arrival | Answer:
    participant = _participant(delivery.topic)
    if participant is None:
        # Nobody can be told; not even its name is safe to be a topic's.
        log.info("refused", door=Door.MQTT, code="unauthenticated", sender=None, why="no participant's topic")
        return answers.unauthenticated(None)
    if delivery.payload is None:
        return answers.too_large(MAX_BODY_BYTES)
    try:
        message = avro.decode(delivery.payload, SignedMessage)
    except (avro.SchemaUnknown, avro.PayloadInvalid, ValidationError):
        return answers.malformed("the payload is no SignedMessage in single-object Avro")
    return Arrival(message, clock.now(), expected_sender=participant)
