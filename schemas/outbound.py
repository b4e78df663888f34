"""What goes out: changes, notices to System Operators, opportunities for providers, receipts for senders."""

from datetime import date
from uuid import UUID

from pydantic import Field

from schemas.asset import DeviceFacts, ExternalId, MarketClaim, Shape
from schemas.disputes import DisputeNotice, OpenDispute
from schemas.vocabulary import (
    AssetStatus,
    ConsentStatus,
    DedupeOutcome,
    Direction,
    MpanResolution,
    ParticipantId,
    ReceiptOutcome,
    Timestamp,
)


class Concern(Shape):
    """One thing that somebody should look at: which rule raised it, how grave, and a sentence for a person."""

    rule_id: str
    severity: str = Field(description="info, warning or blocking")
    sentence: str
    with_asset_id: UUID | None = None


class RelatedAsset(Shape):
    """Another asset that belongs to this one and is not it."""

    asset_id: UUID
    kind: str = Field(description="same_load, same_box, replaces or replaced_by")
    sentence: str


class Place(Shape):
    """Where the asset stands, as the register holds it: canonical identifiers and the network they lead to."""

    import_mpan: str | None = None
    export_mpan: str | None = None
    uprn: str | None = None
    address_line: str | None = None
    postcode: str | None = None
    meter_serial: str | None = None
    dno_code: str | None = None
    distributor_id: str | None = None
    host_distributor_id: str | None = None
    gsp_group: str | None = None
    grid_supply_point: str | None = None
    bulk_supply_point: str | None = None
    primary_substation: str | None = None


class AssetState(DeviceFacts):
    """One version of one asset, whole."""

    # What all its sources call it together: more than one notification may name.
    external_ids: tuple[ExternalId, ...] = ()
    asset_id: UUID
    version: int = Field(ge=1)
    status: AssetStatus
    mpan_resolution: MpanResolution
    place: Place
    effective_from: date
    decommissioned_on: date | None = None
    operators: tuple[str, ...] = Field((), description="codes of the network operators that it concerns, besides NESO")
    market: MarketClaim | None = None
    consent: ConsentStatus | None = None
    sources: tuple[ParticipantId, ...] = ()
    dedupe: DedupeOutcome = DedupeOutcome.NEW
    concerns: tuple[Concern, ...] = ()
    related: tuple[RelatedAsset, ...] = ()
    disputed: bool = False
    disputes: tuple[OpenDispute, ...] = ()
    deregistered_on: date | None = None
    merged_into: UUID | None = Field(None, description="the asset that this one has turned out to be")


class Cause(Shape):
    """The message that a fact comes from."""

    participant: ParticipantId
    message_id: str
    notification: str = Field(description="name of the notification's class")


class AssetChanged(Shape):
    """One new version of one asset, on `fmar.changes`."""

    event_id: UUID
    asset_id: UUID
    version: int
    change: str = Field(
        description="registered, updated, deregistered, decommissioned, merged, split, or a step of a dispute:"
        " disputed, dispute_step, dispute_corrected, dispute_no_action"
    )
    changed_fields: tuple[str, ...]
    recorded_at: Timestamp
    cause: Cause
    asset: AssetState
    material: bool = Field(True, description="whether it matters to network operators, who are told of such changes")


class SystemOperatorNotice(Shape):
    """A change that concerns one operator, with what that operator may see of the asset."""

    notice_id: UUID
    event_id: UUID
    operator: ParticipantId
    basis: str = Field(description="why this operator is told: meter_point, host_network, declared, national, formerly")
    change: str
    changed_fields: tuple[str, ...]
    recorded_at: Timestamp
    asset: AssetState


class ProductMatch(Shape):
    """One product that the asset could offer, and why."""

    product_code: str
    procurer: str
    direction: Direction
    reason: str


class Opportunity(Shape):
    """Products whose area and technology fit an asset of a consented provider. Indicative only."""

    opportunity_id: UUID
    event_id: UUID
    fsp: ParticipantId
    asset_id: UUID
    version: int
    recorded_at: Timestamp
    products: tuple[ProductMatch, ...]


class Receipt(Shape):
    """What became of one message, for its sender."""

    participant: ParticipantId
    message_id: str
    outcome: ReceiptOutcome
    code: str | None = Field(None, description="the problem's code where the message was set aside or refused")
    sender_asset_ref: str | None = None
    asset_id: UUID | None = None
    version: int | None = None
    reasons: tuple[str, ...] = ()
    recorded_at: Timestamp


OUTBOUND: tuple[type[Shape], ...] = (AssetChanged, SystemOperatorNotice, Opportunity, Receipt, DisputeNotice)
