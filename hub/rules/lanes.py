"""Live before bulk: which messages are bulk, and whose turn it is at a worker that has messages of both."""

from dataclasses import dataclass
from typing import assert_never

from schemas.vocabulary import Door

FEW = 20
"""What the hub says itself at once, and is not bulk yet: a person's decision, an answer of an enquiry service."""
BULK_SHARE = 0.1
"""Of a worker's time, which bulk has under any load of live messages: it gets on, if slowly."""
MOST_COUNTED_SECONDS = 3.0
"""Of a bulk batch: after one that took unusually long, bulk would wait for longer than a worker may stand still."""
QUIET_SECONDS = 10.0
"""Without a live message for as long as this nobody is waiting, and larger batches do more in a second."""
BUSY_BATCH_SECONDS, QUIET_BATCH_SECONDS = 0.4, 0.75
FEWEST = 50
"""In a batch, however slow they are: of a smaller one nearly all goes into what each batch costs by itself (tried: with
50 messages two thirds of what 500 do in a second, with 20 a quarter)."""


def is_bulk(door: Door, together: int) -> bool:
    """Whether messages that come through a door, so many together, can wait for live ones."""
    match door:
        case Door.WEBHOOK | Door.MQTT:
            # Each was sent by itself. An MQTT door takes together what happens to lie there.
            return False
        case Door.PLATFORM:
            # Batches over HTTP, imports among them, and what platforms put into their topics.
            return True
        case Door.HUB:
            return together > FEW
        case _:
            assert_never(door)


@dataclass(frozen=True)
class Spent:
    """What a worker's time went into, in seconds."""

    live: float = 0.0
    """By live batches since the last bulk batch."""
    bulk: float = 0.0
    """By that bulk batch."""


def bulk_goes_first(spent: Spent) -> bool:
    """Whether bulk has its turn although live messages wait: where its share would be too small otherwise."""
    bulk = min(spent.bulk, MOST_COUNTED_SECONDS)
    return bulk < BULK_SHARE * (bulk + spent.live)


def bulk_batch(at_most: int, seconds_each: float, since_live: float) -> int:
    """How many messages a bulk batch holds, by how long each took of late and how long ago the last live message was.

    A live message waits for the batch that is under way.
    """
    longest = BUSY_BATCH_SECONDS if since_live < QUIET_SECONDS else QUIET_BATCH_SECONDS
    return min(at_most, max(FEWEST, int(longest / seconds_each)))
