"""What messages said of devices."""

from datetime import datetime
from uuid import UUID

from schemas.records.record import Json, Record


class SourceClaimRow(Record):
    """What one message said of one device. Only `said_until`, `source_seq` and `received_at` are ever changed: they
    are those of the newest row of `claim_repeat`, kept here so that the present is read without it.

    An erasure alone takes more away: what is personal in `body` and `resolution`.
    """

    claim_id: UUID
    source: str
    source_kind: str
    sender: str
    sender_asset_ref: str
    message_id: str
    notification: str
    occurred_at: datetime
    source_seq: int | None
    said_until: datetime
    body: Json
    resolution: Json | None
    consent: Json | None
    decision: Json
    recorded_at: datetime
    received_at: datetime


class ClaimRepeatRow(Record):
    """A message that said again what a claim says, with its own time and counter. Written once."""

    claim_id: UUID
    sender: str
    message_id: str
    said_until: datetime
    source_seq: int | None
    received_at: datetime
    recorded_at: datetime
