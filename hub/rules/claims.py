"""What one source said of one asset in one message, as the rules read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.rules.consent import ConsentDecision
from hub.rules.meter_point_facts import Resolution
from schemas.findings import MeterPointsAnswered
from schemas.notifications import (
    AssetCommissioned,
    AssetDecommissioned,
    AssetUpdated,
    Notification,
)
from schemas.vocabulary import DedupeOutcome, ParticipantKind


@dataclass(frozen=True)
class Decision:
    """To which asset a claim belongs, and why in words.

    `others` are assets that somebody should compare it with; `own` says that the source had told of it before;
    `evidence` names what was compared and how it came out.
    """

    outcome: DedupeOutcome
    asset_id: UUID | None
    reasons: tuple[str, ...]
    others: tuple[UUID, ...] = ()
    own: bool = False
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """An immutable statement. `said_until` and `seq` are the source's time and counter when it last said the same."""

    claim_id: UUID
    source: str
    source_kind: ParticipantKind
    sender: str
    message_id: str
    notification: Notification
    said_until: datetime
    seq: int | None
    resolution: Resolution | None
    permission: ConsentDecision | None
    decision: Decision

    @property
    def reference(self) -> tuple[str, str]:
        """The source and its own reference of the asset."""
        return self.source, self.notification.sender_asset_ref

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Newer is greater: by the source's own counter where it has one, never by arrival."""
        return (*self.moment, self.message_id)

    @property
    def moment(self) -> tuple[int, datetime]:
        return (-1 if self.seq is None else self.seq, self.said_until)

    def is_said_again_by(self, other: "Claim") -> bool:
        """Whether a message states the same facts later, and registry and consent service still say the same."""
        return (
            self.moment <= other.moment
            and type(self.notification) is type(other.notification)
            and self.content == other.content
            and self.resolution == other.resolution
            and self.permission == other.permission
        )

    @property
    def content(self) -> dict[str, Any]:
        return self.notification.model_dump(exclude={"occurred_at", "source_seq"})


@dataclass(frozen=True)
class Told:
    """What a source says of the asset under one reference, all its messages taken together."""

    source: str
    source_kind: ParticipantKind
    latest: Claim
    commissioned: AssetCommissioned | None
    facts: dict[str, Any]
    """Field names of `AssetCommissioned` to the newest value told; absent where nothing was."""
    located: Claim | None
    """The claim that the location comes from."""
    resolution: Resolution | None
    """What the location came to, when it was told or when an enquiry service answered about it."""
    claimed: Claim | None
    """The claim that the market part comes from."""
    claimed_since: datetime | None
    """When the source first claimed it for the same provider, with consent."""
    removed: AssetDecommissioned | None


def fold(claims: list[Claim]) -> Told:
    """One source's claims under one reference, in the order of their own time.

    A commissioning notice states all anew; an update lays its fields over; a removal is final.
    """
    facts: dict[str, Any] = {}
    located = claimed = commissioned = removed = resolution = None
    ordered = sorted(claims, key=lambda c: c.order)
    for claim in ordered:
        notice = claim.notification
        if isinstance(notice, AssetDecommissioned):
            removed = notice
            continue
        if isinstance(notice, MeterPointsAnswered):
            resolution = claim.resolution or resolution
            continue
        if not isinstance(notice, AssetCommissioned | AssetUpdated):
            # The others say nothing of the device: `market_registration` and `forms` read them.
            continue
        if isinstance(notice, AssetCommissioned):
            facts, claimed, commissioned = {}, None, notice
        # Avro names every field: nothing and an empty list both say that nothing is told of it.
        told = {name: getattr(notice, name) for name in notice.model_fields_set}
        facts |= {name: value for name, value in told.items() if value is not None and value != ()}
        if notice.location is not None:
            located, resolution = claim, claim.resolution
        claimed = claim if notice.market is not None else claimed
    newest = ordered[-1]
    since = _claimed_since(claims, facts["market"].fsp) if claimed else None
    return Told(
        newest.source, newest.source_kind, newest, commissioned, facts, located, resolution, claimed, since, removed
    )


def _claimed_since(claims: list[Claim], fsp: str) -> datetime | None:
    """What a provider tells after its first claim takes nothing away from its place in the queue.

    Nor does an earlier `occurred_at` gain anything: nobody had a claim before the consent behind it.
    """
    return min(
        (
            max(claim.notification.occurred_at, claim.permission.since or claim.notification.occurred_at)
            for claim in claims
            if claim.permission is not None
            and claim.permission.market_visible
            and getattr(claim.notification, "market").fsp == fsp  # noqa: B009 - a permission is about a market part
        ),
        default=None,
    )
