"""Mosquitto as docker-compose.yml sets it up keeps what it has acknowledged, and keeps participants apart."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from connectors import answers
from connectors.admission import Arrival
from connectors.answers import Answer
from connectors.intake import Intake
from connectors.mqtt import CLIENT_ID, MqttDoor
from hub import identity
from hub.embedded.mqtt_access import Role, may_hear, may_publish
from schemas import avro
from schemas.vocabulary import Door
from tests.house.sources import ROOT
from tests.support import stuck_mqtt_door
from tests.support.mosquitto_broker import MOSQUITTO, PASSWORDS, Broker
from tests.support.wait import until

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None or PASSWORDS is None,
    reason="mosquitto is not installed (Debian: apt install mosquitto)",
)

LOGINS = {"hub": "hub-password", "oem-1": "one", "oem-2": "two"}
SIGNER = identity.make("oem-1")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path, LOGINS)
    running.start()
    yield running
    running.stop()


class Client:
    """One login's connection, with what it heard and what became of what it published."""

    def __init__(self, broker: Broker, user: str, client_id: str = "", version: int = paho.MQTTv311) -> None:
        session = {} if version == paho.MQTTv5 else {"clean_session": False}
        self.heard: list[tuple[str, bytes]] = []
        self.published: dict[int, str] = {}
        self.refusal = ""
        self._broker = broker
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id or f"{user}-client",
            protocol=cast(Any, version),
            **cast(Any, session),
        )
        self._client.username_pw_set(user, LOGINS.get(user, "wrong"))
        self._client.on_connect = self._on_connect
        self._client.on_message = lambda _, __, m: self.heard.append((m.topic, bytes(m.payload)))
        self._client.on_publish = lambda _, __, mid, reason, ___: self.published.update({mid: str(reason)})
        self._client.on_subscribe = lambda *_: self._granted.append(True)
        self._granted: list[bool] = []

    def _on_connect(self, _: object, __: object, ___: object, reason: Any, ____: object) -> None:
        self.refusal = str(reason) if reason.is_failure else ""

    def connect(self) -> "Client":
        self._client.connect("127.0.0.1", self._broker.port)
        self._client.loop_start()
        until(lambda: self._client.is_connected() or self.refusal != "", "the broker has answered")
        return self

    def subscribe(self, topic_filter: str) -> "Client":
        before = len(self._granted)
        self._client.subscribe(topic_filter, qos=1)
        until(lambda: len(self._granted) > before, "the subscription is acknowledged")
        return self

    def publish(self, topic: str, payload: bytes) -> str:
        """What the broker said to it."""
        return self.publish_all(topic, [payload])[0]

    def publish_all(self, topic: str, payloads: Sequence[bytes]) -> list[str]:
        mids = [self._client.publish(topic, payload, qos=1).mid for payload in payloads]
        until(
            lambda: len(self.published) >= len(mids) and set(mids) <= set(self.published),
            "all is acknowledged",
        )
        return [self.published.pop(mid) for mid in mids]

    def wait_for(self, count: int) -> None:
        until(lambda: len(self.heard) >= count, f"{count} messages have come")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def client(broker: Broker) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def connect(user: str, **options: Any) -> Client:
        made.append(Client(broker, user, **options))
        return made[-1].connect()

    yield connect
    for one in made:
        one.close()


TOPICS = [
    f"{place}/{rest}" for place in ("in/oem-1", "in/oem-2", "in/hub", "out/oem-1", "out/oem-2") for rest in ("a", "a/b")
]


def test_everybody_may_do_on_it_what_the_embedded_broker_allows(client: Callable[..., Client]) -> None:
    everybody = {"hub": Role.HUB, "oem-1": Role.PARTICIPANT, "oem-2": Role.PARTICIPANT}
    ears = {user: client(user, version=paho.MQTTv5).subscribe("#") for user in everybody}
    sent = []
    for user, role in everybody.items():
        for topic in TOPICS:
            said = ears[user].publish(topic, user.encode())
            assert (said != "Not authorized") is may_publish(user, role, topic), (user, topic)
            if may_publish(user, role, topic):
                sent.append((topic, user.encode()))
    for user, role in everybody.items():
        wanted = [(topic, by) for topic, by in sent if may_hear(user, role, topic)]
        ears[user].wait_for(len(wanted))
        assert sorted(ears[user].heard) == sorted(wanted)


@pytest.mark.parametrize("user", ["", "oem-3"])
def test_nobody_comes_in_without_a_login(client: Callable[..., Client], user: str) -> None:
    assert client(user).refusal == "Not authorized"


def test_a_subscriber_that_was_away_gets_five_thousand_messages_also_after_a_restart(
    broker: Broker, client: Callable[..., Client]
) -> None:
    client("hub").subscribe("in/#").close()
    payloads = [b"%05d" % number for number in range(5000)]
    client("oem-1").publish_all("in/oem-1/notifications", payloads)
    broker.stop()
    broker.start()
    back = client("hub")
    back.wait_for(5000)
    assert [payload for _, payload in back.heard] == payloads


def test_a_participant_cannot_take_the_session_of_the_hub(client: Callable[..., Client]) -> None:
    client("hub", client_id=CLIENT_ID).subscribe("in/#").close()
    client("oem-1").publish("in/oem-1/notifications", b"for the hub")
    thief = client("oem-2", client_id=CLIENT_ID).subscribe("#")
    back = client("hub", client_id=CLIENT_ID)
    back.wait_for(1)
    assert thief.heard == []


class AnsweringIntake:
    """Takes everything, and remembers it."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def accept(self, _: Door, arrivals: Sequence[Arrival], *, through_broker: bool = False) -> list[Answer]:
        self.taken += [a.message.id for a in arrivals]
        return [answers.accepted(a.message.id) for a in arrivals]


def signed(number: int) -> bytes:
    return avro.encode(SIGNER.sign(b"{}", message_id=f"message-number-{number:05}"))


def test_what_a_killed_door_had_and_did_not_acknowledge_comes_again(
    broker: Broker, client: Callable[..., Client]
) -> None:
    door_url = broker.url("hub", LOGINS["hub"])
    command = [sys.executable, "-m", stuck_mqtt_door.__name__, door_url]
    client("hub").subscribe("in/#").close()
    sender = client("oem-1").subscribe("out/oem-1/receipts")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as killed:
        try:
            sender.publish_all("in/oem-1/notifications", [signed(n) for n in range(100)])
            assert killed.stdout is not None
            assert int(killed.stdout.readline()) > 0
        finally:
            killed.kill()
    intake = AnsweringIntake()
    asyncio.run(_serve(door_url, intake, lambda: len(sender.heard) >= 100))
    assert sorted(intake.taken) == [f"message-number-{n:05}" for n in range(100)]
    assert {json.loads(payload)["code"] for _, payload in sender.heard} == {"accepted"}


def test_what_a_door_has_acknowledged_does_not_come_again(broker: Broker, client: Callable[..., Client]) -> None:
    door_url = broker.url("hub", LOGINS["hub"])
    client("hub").subscribe("in/#").close()
    sender = client("oem-1").subscribe("out/oem-1/receipts")
    sender.publish("in/oem-1/notifications", signed(1))
    first, second = AnsweringIntake(), AnsweringIntake()
    asyncio.run(_serve(door_url, first, lambda: len(sender.heard) == 1))
    sender.publish("in/oem-1/notifications", signed(2))
    asyncio.run(_serve(door_url, second, lambda: len(sender.heard) == 2))
    assert first.taken == ["message-number-00001"]
    assert second.taken == ["message-number-00002"]


async def _serve(url: str, intake: AnsweringIntake, done: Callable[[], bool]) -> None:
    """Runs the door until `done`, then stops it in good order."""
    running = asyncio.ensure_future(MqttDoor(url, cast(Intake, intake)).run())
    await asyncio.to_thread(until, done, "the door has done its work")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
