"""Disputes and what was said in them."""

from datetime import date, datetime
from uuid import UUID

from schemas.records.record import Json, Record


class DisputeRow(Record):
    """A ticket as its messages make it. It is about the sighting of a reference, or the one that an asset id was first
    given to, and goes where that goes. `status` is empty until it takes effect; `parties` are roles by participant.

    The deadlines stay as they were when it took effect; `reminded` are clocks that ran out; `correction_by` is whose
    claim under the ticket's reference belongs to the asset since.
    """

    dispute_id: UUID
    about_source: str | None
    about_reference: str | None
    about_asset_id: UUID | None
    status: str | None
    subject: str
    raised_by: str
    raised_at: datetime
    acknowledge_by: date | None
    decide_by: date | None
    closed_at: datetime | None
    parties: Json
    steps: int
    reminded: tuple[str, ...]
    correction_by: str | None
    asset_id: UUID | None
    updated_at: datetime


class DisputeMessageRow(Record):
    """One message of a ticket. `roles` is what its speaker was to the asset, empty until the asset is known; `refusal`
    says why it has no effect."""

    sender: str
    message_id: str
    dispute_id: UUID
    notification: str
    source: str
    occurred_at: datetime
    received_at: datetime
    body: Json
    roles: tuple[str, ...]
    judged: bool
    refusal: str | None
