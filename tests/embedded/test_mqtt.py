"""The embedded MQTT broker keeps participants apart, and keeps QoS 1 messages until they are acknowledged."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.embedded.mqtt import EmbeddedMqtt
from hub.embedded.part import PartUnavailable
from tests.embedded.client import Client, wait_for

Connect = Callable[..., Client]
PASSWORDS = {"hub": "h", "oem-1": "one", "oem-2": "two"}
MANY = 10_000


def write_logins(file: Path, users: dict[str, str]) -> None:
    entry = {
        user: {
            "password_sha256": hashlib.sha256(password.encode()).hexdigest(),
            "role": "hub" if user == "hub" else "participant",
        }
        for user, password in users.items()
    }
    file.write_text(json.dumps(entry))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedMqtt]:
    write_logins(tmp_path / "logins.json", PASSWORDS)
    part = EmbeddedMqtt(tmp_path, print, tmp_path / "logins.json")
    part.start()
    yield part
    part.stop()


@pytest.fixture
def connect(broker: EmbeddedMqtt) -> Iterator[Connect]:
    clients: list[Client] = []

    def open_one(user: str, client_id: str = "client", password: str | None = None, **options: object) -> Client:
        chosen = PASSWORDS[user] if password is None else password
        clients.append(Client(broker.address, user, chosen, client_id, **options))  # type: ignore[arg-type]
        return clients[-1]

    yield open_one
    for client in clients:
        client.close()


def hub_door(connect: Connect) -> Client:
    """The hub's own door: a session that outlives its connection."""
    door = connect("hub", "door", clean=False)
    assert door.accepted
    return door


def after_a_message_of_its_own(client: Client, hub: Client, user: str) -> list[tuple[str, bytes]]:
    """What a client has heard by the time a last message from the hub has reached it."""
    hub.publish(f"out/{user}/last", b"last")
    assert wait_for(lambda: (f"out/{user}/last", b"last") in client.heard())
    return client.heard()[:-1]


@pytest.mark.parametrize("password", ["", "wrong", "two"])
def test_a_wrong_password_is_refused(connect: Connect, password: str) -> None:
    assert not connect("oem-1", password=password).accepted


@pytest.mark.parametrize(
    "topic_filter",
    ["#", "+/#", "in/#", "in/+/x", "in/oem-1/#", "out/#", "out/+/receipts", "out/oem-2/#", "$SYS/#"],
)
def test_a_participant_cannot_listen_elsewhere(connect: Connect, topic_filter: str) -> None:
    assert not connect("oem-1").subscribe(topic_filter)


def test_messages_go_to_whom_they_concern_and_to_nobody_else(connect: Connect) -> None:
    hub, one, two = hub_door(connect), connect("oem-1"), connect("oem-2")
    assert hub.subscribe("in/#")
    assert one.subscribe("out/oem-1/#")
    assert two.subscribe("out/oem-2/#")
    hub.publish("out/oem-1/receipts", b"for one")
    assert after_a_message_of_its_own(one, hub, "oem-1") == [("out/oem-1/receipts", b"for one")]
    assert after_a_message_of_its_own(two, hub, "oem-2") == []
    two.publish("in/oem-1/forged", b"forged")
    two.publish("out/oem-1/receipts", b"forged")
    two.publish("in/oem-2/honest", b"honest")
    assert wait_for(lambda: bool(hub.messages))
    assert hub.heard() == [("in/oem-2/honest", b"honest")]
    assert after_a_message_of_its_own(one, hub, "oem-1")[2:] == []


def test_a_retained_message_reaches_the_hub_and_no_other_participant(connect: Connect) -> None:
    hub, one = hub_door(connect), connect("oem-1")
    hub.subscribe("in/#")
    one.publish("in/oem-1/asset", b"announced", retain=True)
    assert wait_for(lambda: len(hub.messages) == 1)
    later = connect("hub", "another door")
    later.subscribe("in/#")
    assert wait_for(lambda: later.heard() == [("in/oem-1/asset", b"announced")])
    stranger = connect("oem-2")
    stranger.subscribe("out/oem-2/#")
    assert after_a_message_of_its_own(stranger, hub, "oem-2") == []


def test_a_will_in_another_name_is_refused(connect: Connect) -> None:
    assert not connect("oem-2", will="in/oem-1/forged").accepted
    hub = hub_door(connect)
    hub.subscribe("in/#")
    connect("oem-2", will="in/oem-2/gone").break_off()
    assert wait_for(lambda: hub.heard() == [("in/oem-2/gone", b"will")])


@pytest.mark.parametrize(("user", "password"), [("hub", "wrong"), ("oem-1", "one")])
@pytest.mark.parametrize("clean", [True, False])
def test_nobody_takes_over_the_hubs_session_by_its_client_id(
    connect: Connect, user: str, password: str, clean: bool
) -> None:
    hub = hub_door(connect)
    hub.subscribe("in/#")
    hub.close()
    connect("oem-2", "sender").publish("in/oem-2/x", b"for the hub alone")
    intruder = connect(user, "door", password=password, clean=clean)
    assert not intruder.session_present
    hub = hub_door(connect)
    assert hub.session_present
    assert wait_for(lambda: hub.heard() == [("in/oem-2/x", b"for the hub alone")])
    assert intruder.messages == []


def test_what_was_not_acknowledged_comes_again_after_a_reconnect(connect: Connect) -> None:
    hub, one = hub_door(connect), connect("oem-1")
    hub.subscribe("in/#")
    one.publish("in/oem-1/n", b"1", b"2", b"3")
    assert wait_for(lambda: len(hub.messages) == 3)
    hub.acknowledge(hub.messages[0])
    one.publish("in/oem-1/n", b"4")
    assert wait_for(lambda: len(hub.messages) == 4)
    hub.break_off()
    hub = hub_door(connect)
    assert wait_for(lambda: len(hub.messages) == 3)
    assert [(message.payload, message.dup) for message in hub.messages] == [
        (b"2", True),
        (b"3", True),
        (b"4", True),
    ]


def test_ten_thousand_messages_wait_for_an_absent_subscriber_in_order(connect: Connect) -> None:
    hub, one = hub_door(connect), connect("oem-1")
    hub.subscribe("in/#")
    hub.close()
    sent = [b"%d" % number for number in range(MANY)]
    one.publish("in/oem-1/n", *sent)
    one.close()
    hub = hub_door(connect)
    acknowledged: list[bytes] = []

    def all_arrived() -> bool:
        for message in hub.messages[len(acknowledged) :]:
            hub.acknowledge(message)
            acknowledged.append(bytes(message.payload))
        return len(acknowledged) >= MANY

    assert wait_for(all_arrived, 30)
    assert acknowledged == sent


def test_undelivered_messages_and_the_address_survive_a_stop(
    broker: EmbeddedMqtt, connect: Connect, tmp_path: Path
) -> None:
    hub, one, address = hub_door(connect), connect("oem-1"), broker.address
    hub.subscribe("in/#")
    one.publish("in/oem-1/n", b"unacknowledged")
    assert wait_for(lambda: len(hub.messages) == 1)
    hub.close()
    one.publish("in/oem-1/n", b"waiting")
    one.close()
    broker.stop()
    broker.start()
    assert broker.address == address
    hub = hub_door(connect)
    assert hub.session_present
    assert wait_for(lambda: [payload for _, payload in hub.heard()] == [b"unacknowledged", b"waiting"])


def test_it_works_again_after_kill_9(broker: EmbeddedMqtt, connect: Connect) -> None:
    address = broker.address
    broker.kill()
    assert not broker.alive()
    broker.start()
    assert broker.address == address
    assert connect("oem-1").accepted


def test_logins_change_while_it_runs(connect: Connect, tmp_path: Path) -> None:
    hub, one = hub_door(connect), connect("oem-1")
    hub.subscribe("in/#")
    write_logins(tmp_path / "logins.json", {"hub": "h", "oem-3": "three"})
    os.utime(tmp_path / "logins.json", ns=(1, 1))
    assert not connect("oem-1", "again").accepted
    three = connect("oem-3", password="three")
    assert three.accepted
    one.publish("in/oem-1/n", b"from a login that is gone")
    three.publish("in/oem-3/n", b"welcome")
    assert wait_for(lambda: bool(hub.messages))
    assert hub.heard() == [("in/oem-3/n", b"welcome")]


def test_logins_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(PartUnavailable, match=r"logins\.json"):
        EmbeddedMqtt(tmp_path, print, tmp_path / "logins.json").start()
