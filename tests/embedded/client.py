"""An MQTT client that remembers what it was told, for tests against the real broker."""

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

REFUSED = 0x80


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


class Client:
    """Connects at once; `accepted` and `session_present` tell how that went. Acknowledges when told to."""

    def __init__(
        self,
        address: str,
        user: str,
        password: str,
        client_id: str,
        clean: bool = True,
        will: str | None = None,
    ) -> None:
        self.messages: list[paho.MQTTMessage] = []
        self._answered = threading.Event()
        self._granted: dict[int, int] = {}
        self.accepted = self.session_present = False
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=clean, manual_ack=True)
        self.paho.username_pw_set(user, password)
        self.paho.max_queued_messages_set(0)
        self.paho.max_inflight_messages_set(500)
        if will is not None:
            self.paho.will_set(will, b"will", 1)
        self.paho.on_connect = self._on_connect
        self.paho.on_subscribe = self._on_subscribe
        self.paho.on_message = lambda _client, _data, message: self.messages.append(message)
        self.paho.connect("127.0.0.1", urlsplit(address).port or 0)
        self.paho.loop_start()
        assert self._answered.wait(5), "the broker did not answer"

    def _on_connect(self, _client: Any, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        self.accepted, self.session_present = not reason.is_failure, flags.session_present
        if not self.accepted:
            self.paho.disconnect()
        self._answered.set()

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, reasons: list[Any], _properties: Any) -> None:
        self._granted[mid] = reasons[0].value

    def subscribe(self, topic_filter: str) -> bool:
        """Whether the broker has granted it."""
        _, mid = self.paho.subscribe(topic_filter, 1)
        assert mid is not None
        assert wait_for(lambda: mid in self._granted), "no answer to a subscription"
        return self._granted[mid] < REFUSED

    def publish(self, topic: str, *payloads: bytes, retain: bool = False) -> None:
        """Returns when the broker has acknowledged them all."""
        for sent in [self.paho.publish(topic, payload, 1, retain) for payload in payloads]:
            sent.wait_for_publish(10)

    def heard(self) -> list[tuple[str, bytes]]:
        return [(message.topic, bytes(message.payload)) for message in self.messages]

    def acknowledge(self, message: paho.MQTTMessage) -> None:
        self.paho.ack(message.mid, message.qos)

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def break_off(self) -> None:
        """The connection just ends, as when a process is killed."""
        connection = self.paho.socket()
        assert connection is not None
        self.paho.loop_stop()
        connection.close()
