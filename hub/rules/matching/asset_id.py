"""Asset ids that follow from the sightings, so that to join and to part again gives the same ids.

Each sighting has an id of its own from the day on which it was first told; a device has the eldest of its sightings'.
The ids of the others lead to it for as long as they are joined.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from hub.rules.matching.sighting import Sighting, SightingId


def own_id(sighting_id: SightingId, first_told: datetime) -> UUID:
    """A UUID of version 7 (RFC 9562) whose random part is a hash of source and reference: a replay gives it again."""
    milliseconds = int(first_told.timestamp() * 1000)
    noise = int.from_bytes(hashlib.blake2b("\x1f".join(sighting_id).encode(), digest_size=10).digest())
    value = (milliseconds & (1 << 48) - 1) << 80 | noise
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


_number = attrgetter("int")


def asset_id(sightings: Iterable[Sighting]) -> UUID:
    """The id of the device that these sightings are of."""
    return min((s.own_id for s in sightings), key=_number)
