"""A whole fleet says again what it said before, all at once, as after a broker's restart: it is dropped cheaply, each
device has its answer, and what is new among it is taken in its turn."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub import clock
from hub.identity import Identity
from schemas import avro
from schemas.signed_message import SignedMessage
from tests.faults.flood import CLOUD
from tests.faults.rig import PATIENCE_SECONDS, Rig
from tests.faults.trial import Form, Trial
from tests.support.notifications import a_battery
from tests.support.premises import Premises
from tests.support.wait import until

LONG_SHARE, SHORT = 0.2, 600
NEW_EVERY = 20
"""In the storm every so manieth device has something new to say."""
AHEAD = 2_000
"""Messages of a storm that the door has in its hands at once: so far from its place an answer may come."""


class Fleet:
    """Devices of one maker behind one connection, and what the hub answered, in the order in which it did."""

    def __init__(self, client: paho.Client, identity: Identity) -> None:
        self.identity = identity
        self._client = client
        self.answers: list[tuple[str, str]] = []
        self.outcomes: set[str] = set()
        self._heard = threading.Event()
        client.on_message = self._on_message
        client.on_subscribe = lambda *_: self._heard.set()

    def listen(self) -> None:
        self._client.subscribe(f"out/{CLOUD}/receipts", qos=1)
        assert self._heard.wait(PATIENCE_SECONDS)

    def signed(self, number: int, name: str) -> SignedMessage:
        home = Premises("10", number, "_A", postcode=f"CB{number % 90} {number // 90 % 9}AB")
        told = a_battery(CLOUD, f"{name}-{number}", location=home.location())
        return self.identity.sign(avro.encode(told), f"storm_{name}_{number:06d}", int(clock.now().timestamp()))

    def say(self, messages: Sequence[SignedMessage]) -> None:
        for message in messages:
            self._client.publish(f"in/{CLOUD}/state/{message.id}", avro.encode(message), qos=1)

    def answered(self, count: int) -> None:
        until(lambda: len(self.answers) >= count, f"{count} answers are there", PATIENCE_SECONDS + count / 100)

    def _on_message(self, _: paho.Client, __: object, heard: paho.MQTTMessage) -> None:
        said = json.loads(heard.payload)
        if not str(said.get("message_id")).startswith("storm_"):
            return
        if "outcome" in said:
            self.outcomes.add(said["message_id"])
        else:
            self.answers.append((said["message_id"], said["code"]))


@contextmanager
def a_fleet(rig: Rig) -> Iterator[Fleet]:
    broker, identity = urlsplit(rig.settings.mqtt or ""), rig.identity(CLOUD)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"{CLOUD}-fleet")
    client.username_pw_set(CLOUD, identity.token)
    client.connect(broker.hostname or "127.0.0.1", broker.port or 1883)
    client.loop_start()
    fleet = Fleet(client, identity)
    fleet.listen()
    try:
        yield fleet
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.fault("mqtt")
def test_a_fleet_that_says_everything_again_costs_little_and_holds_up_nobody(
    rig: Rig, form: Form, trial: Trial
) -> None:
    size = form.size(LONG_SHARE, SHORT)
    with a_fleet(rig) as fleet:
        known = [fleet.signed(n, "known") for n in range(size)]
        before = rig.cpu_seconds("mqtt")
        fleet.say(known)
        fleet.answered(size)
        assert {code for _, code in fleet.answers} == {"accepted"}
        each_new = (rig.cpu_seconds("mqtt") - before) / size
        until(lambda: len(fleet.outcomes) == size, "all is registered and told", PATIENCE_SECONDS + size / 50)

        new = {m.id: m for m in (fleet.signed(size + n, "new") for n in range(size // NEW_EVERY))}
        fleet.answers.clear()
        storm = list(known)
        for place, message in enumerate(new.values()):
            storm.insert(place * (NEW_EVERY + 1), message)
        ends, before = sum(rig.journal_ends().values()), rig.cpu_seconds("mqtt")
        fleet.say(storm)
        fleet.answered(len(storm))
        each_repeat = (rig.cpu_seconds("mqtt") - before - each_new * len(new)) / size
        until(lambda: new.keys() <= fleet.outcomes, "what is new is registered", PATIENCE_SECONDS)

    assert {mid: code for mid, code in fleet.answers if mid in new} == dict.fromkeys(new, "accepted")
    assert {m.id: "duplicate" for m in known} == {mid: code for mid, code in fleet.answers if mid not in new}
    assert sum(rig.journal_ends().values()) - ends == len(new), "nothing of a repeat goes any further"
    came = {mid: place for place, (mid, _) in enumerate(fleet.answers)}
    late = max(came[message.id] - place for place, message in enumerate(storm) if message.id in new)
    assert late <= AHEAD, "what is new does not wait for the end of the storm"
    trial.tried("devices that say it again", size)
    # Nearly all of both is MQTT's own; what the checks cost is held in tests/connectors/test_repeats.py.
    trial.note(f"a repeat costs the door {each_repeat * 1e6:.0f} us, a new message {each_new * 1e6:.0f} us")
