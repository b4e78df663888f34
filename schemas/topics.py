"""Kafka topics on one page: name, what is in it, key, how many partitions, how long it is kept.

Names never hold personal data; keys are keyed hashes or opaque ids. A partition count is never changed: keys would
move to other partitions and lose their order.
"""

from dataclasses import dataclass
from typing import Literal

INTAKE = "fmar.intake"
BULK = "fmar.intake.bulk"
JOURNAL = (INTAKE, BULK)
"""Its two lanes: what comes message by message does not wait behind what comes by the thousand."""
CHANGES = "fmar.changes"
RECEIPTS = "fmar.receipts"
DISPUTES = "fmar.disputes"
SO_PREFIX = "fmar.so."
FSP_PREFIX = "fmar.fsp."
PLATFORM_PREFIX = "fmar.platform."

KEEP = -1


@dataclass(frozen=True)
class Topic:
    """One topic as it is created. `retention_ms` -1 keeps for ever; `shape` names the class of the value."""

    name: str
    shape: str
    key: str
    partitions: int
    retention_ms: int
    direction: Literal["in", "journal", "out"]


DAY_MS = 24 * 60 * 60 * 1000

JOURNAL_PARTITIONS = 12
"""Of each lane. Workers scale out up to this number."""

_JOURNAL_KEY = "keyed hash of source and its asset reference"

_FIXED = (
    Topic(INTAKE, "SignedMessage", _JOURNAL_KEY, JOURNAL_PARTITIONS, KEEP, "journal"),
    Topic(BULK, "SignedMessage", _JOURNAL_KEY, JOURNAL_PARTITIONS, KEEP, "journal"),
    Topic(CHANGES, "AssetChanged", "asset id", 1, KEEP, "out"),
    Topic(RECEIPTS, "Receipt", "participant id", 1, 30 * DAY_MS, "out"),
    Topic(DISPUTES, "DisputeNotice", "participant id", 1, 30 * DAY_MS, "out"),
)


def system_operator_topic(participant: str) -> str:
    """What concerns one System Operator's area (`SystemOperatorNotice`)."""
    return f"{SO_PREFIX}{participant}"


def fsp_topic(participant: str) -> str:
    """Opportunities of one Flexibility Service Provider (`Opportunity`)."""
    return f"{FSP_PREFIX}{participant}"


def platform_topic(participant: str) -> str:
    """Signed messages that one platform puts straight into Kafka (`SignedMessage`)."""
    return f"{PLATFORM_PREFIX}{participant}"


def topics_for(operators: list[str], fsps: list[str], platforms: list[str]) -> tuple[Topic, ...]:
    """Every topic of a hub with these participants."""
    so = (Topic(system_operator_topic(p), "SystemOperatorNotice", "asset id", 1, KEEP, "out") for p in operators)
    fsp = (Topic(fsp_topic(p), "Opportunity", "asset id", 1, 30 * DAY_MS, "out") for p in fsps)
    platform = (Topic(platform_topic(p), "SignedMessage", "any", 1, 30 * DAY_MS, "in") for p in platforms)
    return (*_FIXED, *so, *fsp, *platform)


def partitions_of(topic: str) -> int:
    """How many partitions one of the hub's topics has. What goes out has one, so that its feed has one order."""
    return JOURNAL_PARTITIONS if topic in JOURNAL else 1


def journal_number(topic: str, partition: int) -> int:
    """The number of a partition in the journal as a whole, by which tables name it: those of the bulk lane follow those
    of the other, which keep the numbers that they had when there was no other."""
    return JOURNAL.index(topic) * JOURNAL_PARTITIONS + partition


def journal_partition(number: int) -> tuple[str, int]:
    """Topic and partition of what has this number in the journal."""
    lane, partition = divmod(number, JOURNAL_PARTITIONS)
    return JOURNAL[lane], partition


def is_outbound(topic: str) -> bool:
    """Whether the hub tells somebody something there, and numbers it."""
    return topic in (CHANGES, RECEIPTS, DISPUTES) or topic.startswith((SO_PREFIX, FSP_PREFIX))


def kind(topic: str) -> str:
    """The kind of an outbound topic, without whom it is for."""
    for prefix, name in ((SO_PREFIX, "so_notice"), (FSP_PREFIX, "opportunity")):
        if topic.startswith(prefix):
            return name
    return topic.removeprefix("fmar.").rstrip("s")
