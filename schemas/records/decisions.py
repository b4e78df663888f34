"""What people have decided, and what they are asked."""

from datetime import datetime
from uuid import UUID

from schemas.records.record import Json, Record


class RulingRow(Record):
    """What one participant last decided about two devices, as it named them; the lesser name first.

    A name is a source and its reference, or no source and an asset id. `newer` is the name, a or b, of the device that
    took the other's place. Whether it counts follows from `kind`, `operator_codes` and where the devices stand.
    """

    source_a: str
    reference_a: str
    source_b: str
    reference_b: str
    participant: str
    kind: str
    operator_codes: tuple[str, ...]
    verdict: str
    newer: str
    decided_at: datetime
    message_id: str


class MeterPointWordRow(Record):
    """Which meter point somebody with the right to it last named for one device; `word` is a `Word`."""

    source: str
    reference: str
    participant: str
    decided_at: datetime
    message_id: str
    word: Json


class ReviewItemRow(Record):
    """A question for a person about an asset, or about two; `item_id` follows from what it is about.

    `state` is open, decided or gone; opened and closed at the arrival of the message that did it.
    """

    item_id: UUID
    kind: str
    asset_id: UUID
    other_asset_id: UUID | None
    reasons: tuple[str, ...]
    state: str
    opened_at: datetime
    opened_by: str
    opened_message_id: str
    closed_at: datetime | None
    closed_by: str | None
    closed_message_id: str | None
