"""A device on the MQTT broker: publishes on its own topic and hears its receipts."""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hub.embedded.mqtt import EmbeddedMqtt
from tests.support import people

WAIT_SECONDS = 15.0


class Device:
    """One participant's connection."""

    def __init__(self, name: str, client: mqtt.Client) -> None:
        self.name = name
        self._client = client
        self._heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self._subscribed: queue.Queue[int] = queue.Queue()
        client.on_message = lambda _, __, message: self._heard.put(json.loads(message.payload))
        client.on_subscribe = lambda _, __, mid, *___: self._subscribed.put(mid)

    def listen(self) -> None:
        self._client.subscribe(f"out/{self.name}/receipts", qos=1)
        self._subscribed.get(timeout=WAIT_SECONDS)

    def publish(self, payload: bytes, topic: str | None = None, *, retain: bool = False) -> None:
        """Returns once the broker has it."""
        info = self._client.publish(topic or f"in/{self.name}/notifications", payload, qos=1, retain=retain)
        info.wait_for_publish(WAIT_SECONDS)

    def receipts(self, count: int) -> list[dict[str, Any]]:
        return [self._heard.get(timeout=WAIT_SECONDS) for _ in range(count)]

    def hears_nothing(self) -> bool:
        return self._heard.empty()


@contextmanager
def a_device(broker: EmbeddedMqtt, name: str) -> Iterator[Device]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, f"device-{name}", protocol=mqtt.MQTTv311)
    client.username_pw_set(name, people.identity(name).token)
    host, _, port = broker.address.removeprefix("mqtt://").partition(":")
    client.connect(host, int(port))
    client.loop_start()
    device = Device(name, client)
    device.listen()
    try:
        yield device
    finally:
        client.disconnect()
        client.loop_stop()
