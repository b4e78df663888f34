"""The register's tables: columns derived from `schemas.records`, keys and indexes beside them."""

import types
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from schemas.records.assets import AssetHistoryRow, AssetRow, ConnectionUnitRow, DueClockRow, FormerOperatorRow
from schemas.records.audit import AuditEntryRow, AuditHeadRow, NamingKeyRow, SubjectKeyRow
from schemas.records.claims import ClaimRepeatRow, SourceClaimRow
from schemas.records.decisions import MeterPointWordRow, ReviewItemRow, RulingRow
from schemas.records.disputes import DisputeMessageRow, DisputeRow
from schemas.records.journal import BatchAttemptRow, InboxRow, JournalRow, QuarantineRow, WatermarkRow
from schemas.records.meter_points import EnquiryAnswerRow, MeterPointEnquiryRow, MeterPointRow, NetworkLocationRow
from schemas.records.outbound import FeedEpochRow, FeedRow, OutboxRow, ReceiptRow
from schemas.records.participants import (
    AccessTokenRow,
    ConsentRow,
    DelegationRow,
    DirectoryRevisionRow,
    ParticipantRow,
    SigningKeyRow,
)
from schemas.records.record import Record
from schemas.records.reference_loads import ReferenceLoadProblemRow, ReferenceLoadRow
from schemas.records.sightings import MembershipRow, SightingKeyRow, SightingRow

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

_TYPES: dict[Any, TypeEngine[Any]] = {
    str: Text(),
    int: BigInteger(),
    bool: Boolean(),
    bytes: LargeBinary(),
    UUID: Uuid(),
    datetime: DateTime(timezone=True),
    date: Date(),
    dict: JSONB(),
    tuple: ARRAY(Text()),
}


def _column(name: str, annotation: Any, *, primary_key: bool, counted: bool) -> Column[Any]:
    nullable = get_origin(annotation) in (Union, types.UnionType)
    if nullable:
        (annotation,) = (a for a in get_args(annotation) if a is not type(None))
    kind = _TYPES[get_origin(annotation) or annotation]
    if counted:
        return Column(name, kind, Identity(always=False), primary_key=primary_key)
    return Column(name, kind, primary_key=primary_key, nullable=nullable, autoincrement=False)


def _table(name: str, record: type[Record], key: tuple[str, ...], *indexes: Index, counted: str | None = None) -> Table:
    columns = [
        _column(n, f.annotation, primary_key=n in key, counted=n == counted) for n, f in record.model_fields.items()
    ]
    return Table(name, metadata, *columns, *indexes)


participant = _table("participant", ParticipantRow, ("id",))
signing_key = _table("signing_key", SigningKeyRow, ("key_id",))
access_token = _table("access_token", AccessTokenRow, ("sha256",))
delegation = _table("delegation", DelegationRow, ("delegate", "principal", "valid_from"))
consent = _table("consent", ConsentRow, ("reference",))
directory_revision = _table("directory_revision", DirectoryRevisionRow, ("one",))

meter_point = _table(
    "meter_point",
    MeterPointRow,
    ("mpan", "known_from"),
    Index(None, "uprn"),
    Index(None, "meter_key"),
    Index(None, "postcode"),
)
network_location = _table(
    "network_location",
    NetworkLocationRow,
    ("below_level", "below_id", "level", "valid_from", "known_from"),
)
reference_load = _table("reference_load", ReferenceLoadRow, ("load_id",), Index(None, "kind", "digest"))
reference_load_problem = _table("reference_load_problem", ReferenceLoadProblemRow, ("load_id", "row_number", "field"))
meter_point_enquiry = _table(
    "meter_point_enquiry", MeterPointEnquiryRow, ("source", "sender_asset_ref"), Index(None, "due_at")
)
enquiry_answer = _table("enquiry_answer", EnquiryAnswerRow, ("service", "question"), Index(None, "asked_at"))

journal = _table("journal", JournalRow, ("one",))
watermark = _table("watermark", WatermarkRow, ("topic", "partition"))
batch_attempt = _table("batch_attempt", BatchAttemptRow, ("topic", "partition"))
inbox = _table("inbox", InboxRow, ("sender", "message_id"))

asset = _table(
    "asset",
    AssetRow,
    ("asset_id",),
    Index(None, "import_mpan"),
    Index(None, "export_mpan"),
    Index(None, "serial_key"),
    Index(None, "postcode"),
    Index("ix_asset_operators", "operators", postgresql_using="gin"),
    Index("ix_asset_sources", "sources", postgresql_using="gin"),
    Index(None, "fsp"),
)
sighting = _table(
    "sighting",
    SightingRow,
    ("source", "reference"),
    Index("uq_sighting_own_id", "own_id", unique=True),
    Index(None, "asset_id"),
    # Left by an upgrade, until they are worked out.
    Index("ix_sighting_undecided", "source", "reference", postgresql_where=text("standing = '{}'::jsonb")),
)
sighting_key = _table(
    "sighting_key",
    SightingKeyRow,
    ("scheme", "issuer", "value", "source", "reference"),
)
membership = _table(
    "membership",
    MembershipRow,
    ("membership_id",),
    Index(None, "source", "reference"),
    Index(None, "asset_id"),
    # In the order of insertion, since one batch may move a sighting twice at one moment.
    counted="membership_id",
)
ruling = _table(
    "ruling",
    RulingRow,
    ("source_a", "reference_a", "source_b", "reference_b", "participant"),
    Index(None, "source_b", "reference_b"),
)
meter_point_word = _table("meter_point_word", MeterPointWordRow, ("source", "reference", "participant"))
review_item = _table(
    "review_item",
    ReviewItemRow,
    ("item_id",),
    Index(None, "state", "opened_at", "item_id"),
    Index(None, "closed_at"),
    Index(None, "asset_id"),
    Index(None, "other_asset_id"),
)
connection_unit = _table(
    "connection_unit",
    ConnectionUnitRow,
    ("asset_id",),
    # The largest first: what counts of a site with thousands of units is among the first hundreds.
    Index(None, "import_mpan", "largest_watts"),
    Index(None, "export_mpan", "largest_watts"),
    Index(None, "installer", "postcode", "commissioned_on"),
    Index(None, "installer", "postcode_area", "commissioned_on"),
)
due_clock = _table(
    "due_clock",
    DueClockRow,
    ("source", "sender_asset_ref", "kind"),
    Index("ix_due_clock_unfired", "due_at", postgresql_where=text("fired_at IS NULL")),
)
dispute = _table(
    "dispute",
    DisputeRow,
    ("dispute_id",),
    Index(None, "about_source", "about_reference"),
    Index(None, "about_asset_id"),
    Index(None, "asset_id"),
    Index("ix_dispute_parties", "parties", postgresql_using="gin"),
)
dispute_message = _table(
    "dispute_message",
    DisputeMessageRow,
    ("sender", "message_id"),
    Index(None, "dispute_id"),
)
source_claim = _table(
    "source_claim",
    SourceClaimRow,
    ("claim_id",),
    Index(None, "source", "sender_asset_ref"),
)
claim_repeat = _table("claim_repeat", ClaimRepeatRow, ("claim_id", "sender", "message_id"))
former_operator = _table("former_operator", FormerOperatorRow, ("operator", "asset_id"))
asset_history = _table("asset_history", AssetHistoryRow, ("asset_id", "version"))
receipt = _table("receipt", ReceiptRow, ("participant", "message_id"))

outbox = _table(
    "outbox",
    OutboxRow,
    ("outbox_id",),
    Index("ix_outbox_unnumbered", "outbox_id", postgresql_where=text("feed_seq IS NULL")),
    Index("ix_outbox_unpublished", "feed_seq", postgresql_where=text("published_at IS NULL")),
    Index("uq_outbox_topic_feed_seq", "topic", "feed_seq", unique=True),
    # Numbered in the order of insertion; the relay makes a gap-free feed_seq of it.
    counted="outbox_id",
)
feed = _table("feed", FeedRow, ("topic",))
feed_epoch = _table("feed_epoch", FeedEpochRow, ("epoch", "topic"))
quarantine = _table(
    "quarantine",
    QuarantineRow,
    ("quarantine_id",),
    Index(None, "participant", "message_id"),
)

audit_entry = _table(
    "audit_entry",
    AuditEntryRow,
    ("lane", "seq"),
    Index("ix_audit_entry_at", "at", "lane", "seq"),
    Index(None, "asset_id"),
    # Only what shows pages has any, so that registering pays nothing for it.
    Index("ix_audit_entry_assets", "assets", postgresql_using="gin", postgresql_where=text("assets <> '{}'")),
    Index("ix_audit_entry_snapshots", "at", postgresql_where=text("kind = 'read_snapshot'")),
)
audit_head = _table("audit_head", AuditHeadRow, ("lane",))
subject_key = _table("subject_key", SubjectKeyRow, ("subject", "generation"))
naming_key = _table("naming_key", NamingKeyRow, ("one",))
