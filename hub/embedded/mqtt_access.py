"""Who may do what on the embedded MQTT broker: pure rules over a small file of logins."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import assert_never

# No level separator or wildcard: the name becomes one level of a topic.
USER = re.compile(r"[A-Za-z0-9._-]{1,64}")
LONGEST_TOPIC = 1024


class Role(StrEnum):
    PARTICIPANT = "participant"
    HUB = "hub"


@dataclass(frozen=True)
class Login:
    """One user of the broker. `password_sha256` is lower-case hex: random tokens need no slow hash."""

    password_sha256: str
    role: Role


def may_publish(user: str, role: Role, topic: str) -> bool:
    """Participants speak on `in/<user>/...`, the hub on `out/...`."""
    match role:
        case Role.PARTICIPANT:
            return is_topic(topic) and is_below(topic, f"in/{user}")
        case Role.HUB:
            return is_topic(topic) and is_below(topic, "out")
        case _:
            assert_never(role)


def may_hear(user: str, role: Role, topic_or_filter: str) -> bool:
    """Participants hear `out/<user>/...`, the hub `in/...`. A filter may use wildcards below that alone."""
    match role:
        case Role.PARTICIPANT:
            return is_below(topic_or_filter, f"out/{user}")
        case Role.HUB:
            return is_below(topic_or_filter, "in")
        case _:
            assert_never(role)


def is_below(topic: str, prefix: str) -> bool:
    return topic.startswith(f"{prefix}/") and len(topic) > len(prefix) + 1 and len(topic) <= LONGEST_TOPIC


def is_topic(topic: str) -> bool:
    return "+" not in topic and "#" not in topic


class Logins:
    """The file of logins, `{"<user>": {"password_sha256": "<hex>", "role": "participant" | "hub"}}`, read
    again when it has changed. A login that leaves the file loses its rights at once, on open connections
    too."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._logins: dict[str, Login] = {}
        self._refresh()

    def _refresh(self) -> None:
        """Raises ValueError for a file that cannot be understood, unless an earlier version can be kept."""
        try:
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            self._logins = parse(self._file.read_text())
            self._stamp = stamp
        except (FileNotFoundError, ValueError):
            # Caught between two writes of another process, most likely: the last good version stands.
            if self._stamp is None:
                raise

    def of(self, user: str) -> Login | None:
        self._refresh()
        return self._logins.get(user)

    def accept(self, user: str | None, password: str | None) -> bool:
        if not user or password is None:
            return False
        login = self.of(user)
        given = hashlib.sha256(password.encode()).hexdigest()
        return hmac.compare_digest(given, login.password_sha256 if login else "") and login is not None

    def may_publish(self, user: str | None, topic: str) -> bool:
        login = self.of(user) if user else None
        return login is not None and may_publish(user or "", login.role, topic)

    def may_hear(self, user: str | None, topic_or_filter: str) -> bool:
        login = self.of(user) if user else None
        return login is not None and may_hear(user or "", login.role, topic_or_filter)


def parse(text: str) -> dict[str, Login]:
    """Raises ValueError that names the user whose entry is wrong."""
    logins = {}
    for user, entry in json.loads(text).items():
        if not USER.fullmatch(user):
            raise ValueError(f"login {user!r}: a user name has letters, digits, '.', '_' and '-' only, at most 64")
        try:
            logins[user] = Login(entry["password_sha256"].lower(), Role(entry["role"]))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"login {user!r}: needs password_sha256 in hex, and role participant or hub") from error
    return logins
