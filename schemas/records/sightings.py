"""Which devices sources tell of, and of which assets they are."""

from datetime import datetime
from uuid import UUID

from schemas.records.record import Json, Record


class SightingRow(Record):
    """What one source says of one device under one reference, as devices are compared, and of which asset it is.

    `own_id` is the asset id that the device would have if nobody else told of it, and leads to its asset for ever.
    `facts` is a `Sighting`, `standing` says why it stands where it does (`hub.rules.matching.standing`).
    """

    source: str
    reference: str
    own_id: UUID
    asset_id: UUID
    facts: Json
    standing: Json


class SightingKeyRow(Record):
    """A key by which sightings find one another: scheme, issuer within whom it is unique, value."""

    scheme: str
    issuer: str
    value: str
    source: str
    reference: str


class MembershipRow(Record):
    """From when on, and by which message, a sighting was one of an asset. Written once."""

    membership_id: int
    source: str
    reference: str
    asset_id: UUID
    recorded_at: datetime
    participant: str
    message_id: str
