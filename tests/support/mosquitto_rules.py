"""Mosquitto's configuration files as it reads them: settings, and what an ACL file allows."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from paho.mqtt.client import topic_matches_sub


class Access(Enum):
    READ = "read"
    WRITE = "write"


@dataclass
class Acl:
    """Rules of an ACL file: for named users, and patterns for everybody. A rule is its access and its filter."""

    users: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    patterns: list[tuple[str, str]] = field(default_factory=list)

    def allow(self, user: str, topic: str, access: Access) -> bool:
        """A denial of the user's wins; then its own rules and the patterns add up."""
        own = [rule for rule, topic_filter in self.users.get(user, []) if topic_matches_sub(topic_filter, topic)]
        if "deny" in own:
            return False
        shared = [rule for rule, pattern in self.patterns if topic_matches_sub(pattern.replace("%u", user), topic)]
        return any(rule in (access.value, "readwrite") for rule in (*own, *shared))


def acl(file: Path) -> Acl:
    """Raises ValueError for a line that this reader does not know."""
    found, user = Acl(), ""
    for words in _lines(file):
        match words:
            case ["user", name]:
                user = name
                found.users[user] = []
            case ["topic", rule, topic_filter] if user:
                found.users[user].append((rule, topic_filter))
            case ["pattern", rule, pattern]:
                found.patterns.append((rule, pattern))
            case _:
                raise ValueError(f"{file}: {' '.join(words)}")
    return found


def configuration(file: Path) -> dict[str, str]:
    """Settings by name; of one that is there several times, the last."""
    return {words[0]: " ".join(words[1:]) for words in _lines(file)}


def _lines(file: Path) -> list[list[str]]:
    lines = file.read_text("utf-8").splitlines()
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]
