"""What a door has taken lately, byte for byte: those messages that come again are known before their signature costs.

After a broker restarts a fleet says again all at once what was taken long ago. The very same bytes over the same
channel were authentic and in order before, and still are while nothing has changed in who takes part (a revision of the
directory, which a removal or a revocation raises) and in for whom the sender may speak (which a day that has come
changes, too); what the time says of key and message is asked again.
"""

from hashlib import blake2b

from connectors.admission import Arrival
from hub.services.directory import Directory
from schemas.vocabulary import Door

REMEMBERED = 250_000
"""Messages, about 100 bytes each; at least so many of the last, and at most twice as many."""
DIGEST_BYTES = 16


class TakenLately:
    """One for each door process; what it has forgotten the inbox knows."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._late: set[bytes] = set()
        self._earlier: set[bytes] = set()

    def knows(self, arrival: Arrival, door: Door, directory: Directory, window_seconds: int) -> bool:
        """Whether this was taken before, and would be a repeat with all checks made."""
        mark = _mark(arrival, door, directory)
        return (mark in self._late or mark in self._earlier) and _in_time(arrival, door, directory, window_seconds)

    def note(self, arrival: Arrival, door: Door, directory: Directory) -> None:
        """It is in the journal; `directory` is that by which it was checked."""
        self._late.add(_mark(arrival, door, directory))
        if len(self._late) >= self._remembered:
            self._late, self._earlier = set(), self._late


def _mark(arrival: Arrival, door: Door, directory: Directory) -> bytes:
    message, channel = arrival.message, arrival.expected_sender or ""
    before = (
        f"{directory.revision} {_spoken_for(arrival, directory)} {door} {message.timestamp} {len(channel)} {channel}"
        f" {message.id} {message.key_id} {len(message.signature)} {message.signature} "
    )
    return blake2b(before.encode() + message.body, digest_size=DIGEST_BYTES).digest()


def _spoken_for(arrival: Arrival, directory: Directory) -> str:
    """For whom the sender may speak by then; for whom it does stands in the body, which is not decoded."""
    key = directory.keys.get(arrival.message.key_id)
    return "" if key is None else ",".join(directory.principals(key.participant, arrival.received_at))


def _in_time(arrival: Arrival, door: Door, directory: Directory, window_seconds: int) -> bool:
    message, now = arrival.message, arrival.received_at
    key = directory.keys.get(message.key_id)
    if key is None or key.refusal(door, now) is not None:
        return False
    return abs(now.timestamp() - message.timestamp) <= window_seconds
