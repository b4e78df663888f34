"""What the embedded MQTT broker keeps over an orderly stop: persistent sessions, their undelivered and
retained messages.

A broker that is killed forgets them, as brokers of its kind do: a participant's message counts as accepted
when the hub's receipt has come, not when the broker has acknowledged it."""

import base64
import json
from pathlib import Path
from typing import Any

from amqtt.broker import Broker, RetainedApplicationMessage
from amqtt.session import Session

from hub.embedded.mqtt_outbox import Outbox


def save(broker: Broker, file: Path) -> None:
    """Replaces the file in one step."""
    state = {
        "sessions": [
            session_state(broker, client_id, session)
            for client_id, (session, _) in broker.sessions.items()
            if not session.clean_session
        ],
        "retained": [
            {"topic": topic, "data": text(kept.data), "qos": kept.qos or 0}
            for topic, kept in broker.retained_messages.items()
        ],
    }
    new = file.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(state))
    new.replace(file)


def session_state(broker: Broker, client_id: str, session: Session) -> dict[str, Any]:
    on_their_way = [(message.topic, bytes(message.data), message.retain) for message in session.inflight_out.values()]
    return {
        "client_id": client_id,
        "username": session.username,
        "subscriptions": [
            [topic_filter, qos]
            for topic_filter, subscribers in broker.subscriptions.items()
            for subscriber, qos in subscribers
            if subscriber.client_id == client_id
        ],
        "messages": [
            [topic, text(data), retain] for topic, data, retain in [*on_their_way, *Outbox.of(session).waiting]
        ],
    }


def load(broker: Broker, file: Path) -> None:
    """Takes up what `save` wrote, before the first client connects, and removes the file: it holds once."""
    if not file.exists():
        return
    state = json.loads(file.read_text())
    for one in state["sessions"]:
        handler, session = broker.create_offline_session(one["client_id"])
        session.username, session.clean_session = one["username"], False
        broker.sessions[one["client_id"]] = (session, handler)
        for topic_filter, qos in one["subscriptions"]:
            broker.subscriptions.setdefault(topic_filter, []).append((session, qos))
        Outbox.of(session).waiting.extend((topic, data_of(data), retain) for topic, data, retain in one["messages"])
    for kept in state["retained"]:
        message = RetainedApplicationMessage(None, kept["topic"], data_of(kept["data"]), kept["qos"])
        broker.retained_messages[kept["topic"]] = message
    file.unlink()


def text(data: bytes | bytearray) -> str:
    return base64.b64encode(data).decode()


def data_of(encoded: str) -> bytes:
    return base64.b64decode(encoded)
