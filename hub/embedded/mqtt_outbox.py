"""What one MQTT session has still to get."""

from collections import deque
from dataclasses import dataclass, field
from typing import cast

from amqtt.session import Session

KEY = "hub.outbox"


@dataclass
class Outbox:
    """`waiting` holds topic, data and retain flag of messages not sent yet, without a limit. What was sent
    and not acknowledged is in the session's own `inflight_out`."""

    waiting: deque[tuple[str, bytes, bool]] = field(default_factory=deque)

    @staticmethod
    def of(session: Session) -> "Outbox":
        return cast(Outbox, session.attributes.setdefault(KEY, Outbox()))
