"""What the register keeps: one class a table. Columns are derived from these (`registry_store/tables.py`).

Every row of `asset_history`, `source_claim`, `outbox` and `receipt` is written once and names the message behind it.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class ParticipantRow(Record):
    id: str
    kind: str
    name: str
    operator_codes: tuple[str, ...]


class SigningKeyRow(Record):
    key_id: str
    participant: str
    public_key: bytes
    doors: tuple[str, ...]
    categories: tuple[str, ...]
    not_before: datetime
    not_after: datetime | None
    revoked_at: datetime | None


class AccessTokenRow(Record):
    sha256: str
    participant: str
    not_after: datetime | None


class DelegationRow(Record):
    delegate: str
    principal: str
    valid_from: datetime
    valid_to: datetime | None


class ConsentRow(Record):
    reference: str
    fsp: str
    import_mpan: str | None
    uprn: str | None
    status: str
    valid_from: date
    valid_to: date | None


class DirectoryRevisionRow(Record):
    """One row; the number rises with every change of participants, keys, tokens or delegations."""

    one: int
    revision: int


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


class ReferenceLoadRow(Record):
    """The load of one file into a reference table: what of it is in, up to `offset_bytes`. One row a load."""

    load_id: UUID
    kind: str
    digest: str
    file_name: str
    size_bytes: int
    offset_bytes: int
    rows_read: int
    rows_added: int
    rows_changed: int
    rows_unchanged: int
    rows_refused: int
    fields_left_out: int
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class ReferenceLoadProblemRow(Record):
    """What is wrong with one field of a file's row, and the fix. `kept` says that the row is in without the field."""

    load_id: UUID
    row_number: int
    field: str
    fix: str
    kept: bool
    offset_bytes: int


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


class JournalRow(Record):
    """One row: the Kafka cluster whose journal feeds this database. Offsets of another mean nothing here."""

    one: int
    cluster_id: str


class WatermarkRow(Record):
    """How far one journal partition is registered: offsets up to `last_offset` have had their effect."""

    topic: str
    partition: int
    last_offset: int


class BatchAttemptRow(Record):
    """How often the batch that begins at `first_offset` was started since the last commit.

    Offsets up to `careful_until` are taken one at a time: a batch with them killed its worker again and again.
    """

    topic: str
    partition: int
    first_offset: int
    attempts: int
    careful_until: int


class InboxRow(Record):
    """A message that had its effect, where it lies in the journal, and how it ended."""

    sender: str
    message_id: str
    body_sha256: bytes
    journal_partition: int
    journal_offset: int
    received_at: datetime


class AssetRow(Record):
    """An asset as it is now. `state` is an `AssetState`; the other columns are taken from it for look-ups.

    `told_version` is the version that operators were told of last; later ones differ from it in nothing material.
    """

    asset_id: UUID
    version: int
    status: str
    asset_category: str
    import_mpan: str | None
    export_mpan: str | None
    serial_key: str | None
    postcode: str | None
    operators: tuple[str, ...]
    sources: tuple[str, ...]
    fsp: str | None
    state: Json
    updated_at: datetime
    merged_into: UUID | None
    told_version: int


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


class ConnectionUnitRow(Record):
    """An asset as the connection forms count it among its neighbours: watts by AC rating. One that is removed has no
    place here, so that nothing finds it. `notices` are those that it has for works at other premises. All of it follows
    from the asset's state.
    """

    asset_id: UUID
    import_mpan: str | None
    export_mpan: str | None
    uprn: str | None
    postcode: str | None
    postcode_area: str | None
    category: str
    phases: int | None
    generating_watts: int
    demand_watts: int
    largest_watts: int
    installer: str | None
    commissioned_on: date | None
    notices: tuple[str, ...] = ()


class DueClockRow(Record):
    """Something is due by the end of a day in London, which is at `due_at`. `fired_at`: when the hub told itself."""

    source: str
    sender_asset_ref: str
    kind: str
    due_on: date
    due_at: datetime
    fired_at: datetime | None


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


class FormerOperatorRow(Record):
    """An operator whom an asset concerned and then no longer; it still reads the versions of its time."""

    operator: str
    asset_id: UUID


class AssetHistoryRow(Record):
    """One version of an asset: true from `valid_from`, known since `recorded_at`, by which message."""

    asset_id: UUID
    version: int
    valid_from: date
    recorded_at: datetime
    change: str
    changed_fields: tuple[str, ...]
    participant: str
    message_id: str
    state: Json


class ReceiptRow(Record):
    participant: str
    message_id: str
    outcome: str
    code: str | None
    sender_asset_ref: str | None
    asset_id: UUID | None
    version: int | None
    reasons: tuple[str, ...]
    recorded_at: datetime


class OutboxRow(Record):
    """An outbound message as its topic will carry it. The relay gives `feed_seq` and marks `published_at`."""

    outbox_id: int
    event_id: UUID
    topic: str
    key: bytes
    value: bytes
    asset_id: UUID | None
    asset_version: int | None
    created_at: datetime
    feed_seq: int | None
    published_at: datetime | None


class FeedRow(Record):
    """The last number given out on one outbound topic."""

    topic: str
    last_seq: int


class FeedEpochRow(Record):
    """Where an epoch of the feeds began on one topic: the register had been set back, and numbers went on behind
    `after_seq`."""

    epoch: int
    topic: str
    after_seq: int
    begun_at: datetime


class QuarantineRow(Record):
    """A message that was set aside: exact bytes, why, and whether it was sent in again."""

    quarantine_id: UUID
    door: str
    participant: str | None
    message_id: str | None
    code: str
    detail: str
    fields: Json
    envelope: bytes
    received_at: datetime
    journal_partition: int | None
    journal_offset: int | None
    released_at: datetime | None


class AuditEntryRow(Record):
    """One entry of the audit log, written once. `hash` ties it to the entry before it in its lane (docs/audit.md).

    `payload` is JSON in its canonical form; what is personal in it is sealed under the key of `subject`. `assets` are
    those that a reader was shown on one page; an entry about a single asset has it in `asset_id`.
    """

    lane: str
    seq: int
    at: datetime
    kind: str
    actor: str
    sender: str | None
    message_id: str | None
    asset_id: UUID | None
    version: int | None
    assets: tuple[str, ...]
    subject: str | None
    payload: str
    previous: bytes
    hash: bytes


class AuditHeadRow(Record):
    """The last entry of one lane of the audit log."""

    lane: str
    seq: int
    hash: bytes
    at: datetime


class SubjectKeyRow(Record):
    """The key that seals what is personal about one subject; without `wrapped` it is destroyed, with the reason.

    A subject is what one source tells under one reference, named by a keyed hash. It gets a new `generation` where its
    source tells of it again after the key was destroyed.
    """

    subject: str
    generation: int
    wrapped: bytes | None
    wrapped_by: str
    made_at: datetime
    destroyed_at: datetime | None
    reason: str | None


class NamingKeyRow(Record):
    """One row: the key of the hashes that stand for personal values in the audit log, wrapped like the others."""

    one: int
    wrapped: bytes
    wrapped_by: str
