"""What one source said of one asset in one message, as the rules read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from hub.rules.consent import ConsentDecision
from hub.rules.meter_point_facts import Resolution
from schemas.findings import FINDINGS, ClockRan, MeterPointsAnswered
from schemas.notifications import (
    AssetCommissioned,
    AssetDecommissioned,
    AssetDeregistered,
    AssetUpdated,
    Notification,
)
from schemas.vocabulary import ClockKind, DedupeOutcome, ParticipantKind


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
    """An immutable statement. `said_until` and `seq` are the source's time and counter when it last said the same,
    `received_at` is when the journal first took it: a replay gives that again.
    """

    claim_id: UUID
    source: str
    source_kind: ParticipantKind
    sender: str
    message_id: str
    notification: Notification
    said_until: datetime
    received_at: datetime
    seq: int | None
    resolution: Resolution | None
    permission: ConsentDecision | None
    decision: Decision

    @property
    def reference(self) -> tuple[str, str]:
        """The source and its own reference of the asset."""
        return self.source, self.notification.sender_asset_ref

    @cached_property
    def said(self) -> dict[str, Any]:
        """The message as JSON has it, without what it leaves unsaid."""
        return self.notification.model_dump(mode="json", exclude_defaults=True)

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
        return {name: value for name, value in vars(self.notification).items() if name not in _OF_THE_SAYING}


_OF_THE_SAYING = frozenset({"occurred_at", "source_seq"})
_OF_NO_DEVICE = (AssetDeregistered, *FINDINGS)
"""None of these says anything of the device itself."""


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
    removed: AssetDecommissioned | None
    by: Mapping[str, Claim]
    """The claim that each fact comes from; that of the removal under `decommissioned_on`."""


def by_reference(claims: Iterable[Claim]) -> list[list[Claim]]:
    """What each source said under each of its references, in the order of the references."""
    groups: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.reference, []).append(claim)
    return [groups[key] for key in sorted(groups)]


def fold(claims: list[Claim]) -> Told:
    """One source's claims under one reference, in the order of their own time.

    A commissioning notice states all anew; an update lays its fields over; a removal is final.
    """
    facts: dict[str, Any] = {}
    by: dict[str, Claim] = {}
    located = claimed = commissioned = removed = resolution = None
    ordered = sorted(claims, key=lambda c: c.order) if len(claims) > 1 else claims
    for claim in ordered:
        notice = claim.notification
        if isinstance(notice, AssetDecommissioned):
            removed, by["decommissioned_on"] = notice, claim
            continue
        if isinstance(notice, MeterPointsAnswered):
            resolution = claim.resolution or resolution
            continue
        if not isinstance(notice, AssetCommissioned | AssetUpdated):
            # The others say nothing of the device: `market_registration`, `forms` and `disputes` read them.
            continue
        if isinstance(notice, AssetCommissioned):
            facts, claimed, commissioned = {}, None, notice
        # Avro names every field: nothing and an empty list both say that nothing is told of it.
        given = notice.model_fields_set
        told = {
            name: value
            for name, value in notice.__dict__.items()
            if value is not None and (value.__class__ is not tuple or value) and name in given
        }
        facts |= told
        by |= dict.fromkeys(told, claim)
        if notice.location is not None:
            located, resolution = claim, claim.resolution
        claimed = claim if notice.market is not None else claimed
    claimed = asked_again(claimed, claims) if claimed is not None else None
    newest = next((c for c in reversed(ordered) if not isinstance(c.notification, _OF_NO_DEVICE)), ordered[-1])
    return Told(
        newest.source, newest.source_kind, newest, commissioned, facts, located, resolution, claimed, removed, by
    )


def asked_again(claim: Claim, claims: Iterable[Claim]) -> Claim:
    """A claim to the market with what the consent service said last, where it was asked again since.

    By the time of the claim and of the last day of the consent, whatever counter the source has.
    """
    answers = [
        c
        for c in claims
        if isinstance(c.notification, ClockRan)
        and c.notification.kind is ClockKind.CONSENT
        and c.permission is not None
        and c.notification.occurred_at > claim.said_until
    ]
    last = max(answers, key=lambda c: c.notification.occurred_at, default=None)
    return replace(claim, permission=last.permission) if last is not None else claim
