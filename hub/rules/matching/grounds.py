"""On what grounds two sightings are one device."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Tier(IntEnum):
    """How sure it is that two sightings are of one device."""

    RULED = 0
    EXACT = 1
    PROBABLE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """How surely, why, and on what evidence."""

    tier: Tier
    reason: str
    evidence: Mapping[str, str]
