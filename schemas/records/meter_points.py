"""The hub's copy of meter points and networks, and what enquiry services are asked about them."""

from datetime import date, datetime

from schemas.records.record import Json, Record


class StatedMeterPoint(Record):
    """A meter point as the registration data of the industry states it; `kind` is a `MeterPointKind`."""

    mpan: str
    direction: str
    kind: str = "premises"
    uprn: str | None
    address_line: str | None
    postcode: str | None
    meter_serial: str | None
    distributor_id: str
    gsp_group: str | None
    host_distributor_id: str | None
    live_from: date | None
    live_to: date | None
    related_mpan: str | None = None


class MeterPointRow(StatedMeterPoint):
    """One state of the hub's copy: so it was stated from `known_from` until, but not at, `known_to`.

    `meter_key` is the meter serial in the form by which serials are compared. A row is never changed but to end it.
    """

    meter_key: str | None
    known_from: datetime
    known_to: datetime | None


class NetworkLocationRow(Record):
    """One link of a network: what is fed by `location_id` from `valid_from` up to but not on `valid_to`.

    `below_level` is a meter point (MPAN), a postcode or a network level; `known_from` and `known_to` as above.
    """

    below_level: str
    below_id: str
    level: str
    location_id: str
    name: str | None
    valid_from: date
    valid_to: date | None
    provenance: str
    known_from: datetime
    known_to: datetime | None


class MeterPointEnquiryRow(Record):
    """A place about which an enquiry service is to be asked at `due_at`, for one source's reference of an asset.

    `question` holds what the source told of the place (fields of `SuppliedLocation`); `alarm_at` is when its age is
    told, and `told_overdue` that it was; `answer_sha256` is of the last answer that went into the journal.
    """

    source: str
    sender_asset_ref: str
    reason: str
    question: Json
    opened_at: datetime
    due_at: datetime
    alarm_at: datetime
    attempts: int
    asked_at: datetime | None
    told_overdue: bool
    answer_sha256: bytes | None


class EnquiryAnswerRow(Record):
    """The last answer of an enquiry service to one question, kept for as long as the policy lets it count."""

    service: str
    question: str
    answer: Json
    asked_at: datetime
