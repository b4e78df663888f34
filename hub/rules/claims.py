"""What one source said of one asset in one message, as the rules read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.rules.consent import ConsentDecision
from hub.rules.meter_point_facts import Resolution
from schemas.notifications import AssetCommissioned, AssetDecommissioned, Notification
from schemas.vocabulary import DedupeOutcome, ParticipantKind


@dataclass(frozen=True)
class Decision:
    """To which asset a claim belongs, and why in words.

    `others` are assets that somebody should compare it with; `own` says that the source's own reference led there.
    """

    outcome: DedupeOutcome
    asset_id: UUID | None
    reasons: tuple[str, ...]
    others: tuple[UUID, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Claim:
    """An immutable statement. `said_until` is the last time at which the source still said the same."""

    claim_id: UUID
    source: str
    source_kind: ParticipantKind
    sender: str
    message_id: str
    notification: Notification
    said_until: datetime
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
        seq = self.notification.source_seq
        return (-1 if seq is None else seq, self.said_until, self.message_id)

    def says_the_same_as(self, other: "Claim") -> bool:
        """Whether both state the same facts, apart from when."""
        return type(self.notification) is type(other.notification) and self.content == other.content

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
    claimed: Claim | None
    """The claim that the market part comes from."""
    removed: AssetDecommissioned | None


def fold(claims: list[Claim]) -> Told:
    """One source's claims under one reference, in the order of their own time.

    A commissioning notice states all anew; an update lays its fields over; a removal is final.
    """
    facts: dict[str, Any] = {}
    located = claimed = commissioned = removed = None
    ordered = sorted(claims, key=lambda c: c.order)
    for claim in ordered:
        notice = claim.notification
        if isinstance(notice, AssetDecommissioned):
            removed = notice
            continue
        if isinstance(notice, AssetCommissioned):
            facts, claimed, commissioned = {}, None, notice
        facts |= {name: getattr(notice, name) for name in notice.model_fields_set if getattr(notice, name) is not None}
        located = claim if notice.location is not None else located
        claimed = claim if notice.market is not None else claimed
    newest = ordered[-1]
    return Told(newest.source, newest.source_kind, newest, commissioned, facts, located, claimed, removed)
