"""A maker's cloud: MQTT with QoS 1, repeats, lost connections, retained states announced again."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, cast
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hub.errors import HubError
from hub.identity import Identity
from schemas import avro
from schemas.vocabulary import Door
from simulators import messages, telling
from simulators.client import Answer, answer_from
from simulators.ledger import Ledger
from simulators.messages import CHANGED, REPEAT, TOLD, Conversation, Step
from simulators.pace import Pace, side_by_side
from simulators.town import home_at

RATES = {
    "repeat": 0.08,
    "later_fact": 0.10,
    "bad_signature": 0.01,
    "stale": 0.01,
    "payload_invalid": 0.02,
    "truncated": 0.01,
}
"""How often a device's first message goes with each slip."""

RETAINED_SHARE = 0.05
"""Of devices whose state the cloud also keeps retained, and announces again after every reconnect."""
RECONNECTS = 2
"""Times in a run that the connection is lost in the middle."""

SIDE_BY_SIDE = 32
ANSWER_SECONDS = 5.0
"""After so long without a receipt the same message is sent again."""
CONNECT_SECONDS = 30.0


def plan(seed: int, participant: str, count: int) -> Iterator[Conversation]:
    """`count` messages of one maker's cloud about its devices in the town."""
    dice = Random(f"oem {seed} {participant}")
    left, number = count, 0
    while left > 0:
        home = home_at(seed, number)
        for line, device in enumerate(home.devices):
            if device.model.cloud != participant:
                continue
            notification = telling.by_cloud(home, line, participant)
            told = messages.outgoing(dice, notification, as_json=False)
            first = Step(told, TOLD)
            conversation: Conversation = (first,)
            match messages.chosen(dice, RATES):
                case "repeat":
                    conversation = first, Step(told, REPEAT)
                case "later_fact":
                    newer = telling.later_fact(notification, home, days=30)
                    conversation = first, Step(messages.outgoing(dice, newer, as_json=False), CHANGED)
                case "bad_signature":
                    conversation = messages.forged(dice, told), first
                case "stale":
                    conversation = messages.stale(dice, told), first
                case "payload_invalid":
                    conversation = messages.invalid(dice, notification), first
                case "truncated":
                    conversation = messages.truncated(dice, told), first
                case _:
                    pass
            conversation = conversation[:left]
            left -= len(conversation)
            if conversation:
                yield conversation
        number += 1


class NoBroker(HubError):
    """The MQTT broker cannot be reached or does not let the cloud in."""


@dataclass(frozen=True)
class Report:
    """What one cloud heard over MQTT."""

    answered: int
    outcomes: int
    resent: int
    announced_again: int
    reconnects: int


class Cloud:
    """One participant's connection. paho's thread hands everything over to the event loop."""

    def __init__(self, mqtt: str, identity: Identity) -> None:
        address = urlsplit(mqtt)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 1883
        self._identity = identity
        self._loop = asyncio.get_running_loop()
        self._connected = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._retained: dict[str, bytes] = {}
        self.answered = self.outcomes = self.resent = self.announced_again = self.connections = 0
        name = identity.participant
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"{name}-cloud", clean_session=False)
        self._client.username_pw_set(name, identity.token)
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        self._client.max_inflight_messages_set(SIDE_BY_SIDE)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self._soon(self._connected.clear)
        self._client.on_message = lambda _, __, m: self._soon(self._on_receipt, m.payload)

    async def open(self) -> None:
        """Returns when the broker has let the cloud in. Raises `NoBroker`."""
        try:
            await asyncio.to_thread(self._client.connect, self._host, self._port)
            self._client.loop_start()
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._connected.wait()
        except (OSError, TimeoutError) as error:
            self._client.loop_stop()
            raise NoBroker(
                f"MQTT broker {self._host}:{self._port} did not let {self._identity.participant} in"
            ) from error

    async def close(self) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _soon(self, call: Callable[..., None], *arguments: Any) -> None:
        # The thread may speak once more while the program ends.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    def _on_connect(self, client: paho.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            return
        client.subscribe(f"out/{self._identity.participant}/receipts", qos=1)
        self._soon(self._is_connected)

    def _is_connected(self) -> None:
        self.connections += 1
        self._connected.set()
        if self.connections > 1:
            for topic, payload in self._retained.items():
                self._client.publish(topic, payload, qos=1, retain=True)
                self.announced_again += 1

    def _on_receipt(self, payload: bytes) -> None:
        document = json.loads(payload)
        message_id = str(document.get("message_id") or "")
        if "outcome" in document:
            self.outcomes += 1
            return
        self.answered += 1
        waiting = self._answers.get(message_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer_from(document, message_id))

    def lose_connection(self) -> None:
        """Breaks the connection as a bad network does, without a goodbye."""
        connection = self._client.socket()
        if connection is not None:
            with suppress(OSError):
                cast(socket.socket, connection).shutdown(socket.SHUT_RDWR)

    def keep_announced(self, number: int, payload: bytes) -> None:
        """Leaves the bytes with the broker as retained state, and says them again after each reconnect."""
        topic = f"in/{self._identity.participant}/state/{number}"
        self._retained[topic] = payload
        self._client.publish(topic, payload, qos=1, retain=True)

    async def say(self, step: Step, patience: float) -> tuple[Answer, bytes]:
        """Publishes until the hub answers; again where it was too busy. With the bytes sent."""
        message_id = step.outgoing.message_id
        until = self._loop.time() + patience
        while True:
            await self._connected.wait()
            waiting = self._answers[message_id] = self._loop.create_future()
            payload = avro.encode(step.outgoing.seal(self._identity))
            self._client.publish(f"in/{self._identity.participant}/notifications", payload, qos=1)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await waiting
                if not answer.again:
                    return answer, payload
                await asyncio.sleep(1.0)
            except TimeoutError:
                self.resent += 1
            finally:
                self._answers.pop(message_id, None)
            if self._loop.time() > until:
                raise NoBroker(f"{self._identity.participant}: no receipt came over MQTT within {patience:.0f} s")


async def run(
    mqtt: str,
    identity: Identity,
    conversations: Iterable[Conversation],
    ledger: Ledger,
    pace: Pace,
    told: Callable[[], None],
    *,
    seed: int = 1,
    lose_connection_every: int | None = None,
    patience: float = 120.0,
) -> Report:
    """Says everything, loses the connection after each so many messages, and reports what it heard."""
    dice = Random(f"retained {seed} {identity.participant}")
    cloud = Cloud(mqtt, identity)
    said = kept = 0

    async def converse(conversation: Conversation) -> None:
        nonlocal said, kept
        for step in conversation:
            await pace.turn()
            answer, payload = await cloud.say(step, patience)
            ledger.heard(identity.participant, Door.MQTT, step, answer)
            told()
            said += 1
            if answer.accepted and step.expected is TOLD and dice.random() < RETAINED_SHARE:
                kept += 1
                cloud.keep_announced(kept, payload)
            if lose_connection_every and said % lose_connection_every == 0:
                cloud.lose_connection()

    await cloud.open()
    try:
        await side_by_side(conversations, converse, SIDE_BY_SIDE)
    finally:
        await cloud.close()
    return Report(cloud.answered, cloud.outcomes, cloud.resent, cloud.announced_again, max(cloud.connections - 1, 0))
