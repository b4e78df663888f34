"""Who plays in a story: every sender, its share of the messages and the way they go."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from simulators import installer, oem, platform
from simulators.messages import Conversation

INSTALLERS = ("installer-1", "installer-2", "installer-3")
CLOUDS = ("oem-1", "oem-2")
PLATFORM = "platform-1"


class Way(StrEnum):
    """How a plan's messages reach the hub."""

    WEBHOOK = "webhook"
    BATCH = "batch"
    KAFKA = "kafka"
    MQTT = "mqtt"


SHARES = {"installers": 0.45, "clouds": 0.2, Way.BATCH: 0.25, Way.KAFKA: 0.1}
"""Of all messages, by who sends them; the platform's by the way they go."""


@dataclass(frozen=True)
class Plan:
    """What one participant sends by one way."""

    participant: str
    way: Way
    count: int
    conversations: Iterator[Conversation]


def plans(seed: int, count: int) -> list[Plan]:
    """Who sends what, `count` messages in all but for rounding."""
    counts = {name: round(count * share) for name, share in SHARES.items()}
    found = []
    for part, name in enumerate(INSTALLERS):
        own = _part(counts["installers"], part, len(INSTALLERS))
        found.append(Plan(name, Way.WEBHOOK, own, installer.plan(seed, name, own, part, len(INSTALLERS))))
    for part, name in enumerate(CLOUDS):
        own = _part(counts["clouds"], part, len(CLOUDS))
        found.append(Plan(name, Way.MQTT, own, oem.plan(seed, name, own)))
    for part, (way, rates) in enumerate(((Way.BATCH, platform.RATES), (Way.KAFKA, platform.KAFKA_RATES))):
        own = counts[way]
        found.append(Plan(PLATFORM, way, own, platform.plan(seed, PLATFORM, own, rates, part, 2)))
    return found


def premises_needed(messages: int) -> int:
    """How many premises of the town a play of so many messages speaks of at the most."""
    return max(100, messages)


def _part(count: int, part: int, parts: int) -> int:
    """Shares of a count that add up to it."""
    return count // parts + (1 if part < count % parts else 0)
