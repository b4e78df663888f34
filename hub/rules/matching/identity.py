"""What an asset's identity comes to: of which sightings it is, and what about that somebody should know."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from hub.rules.matching.grounds import Tier
from hub.rules.matching.relations import RelationKind
from hub.rules.matching.sighting import SightingId
from hub.rules.matching.standing import ALONE, REPLACED_BY, Standing, together
from schemas.outbound import Concern, RelatedAsset
from schemas.vocabulary import DedupeOutcome


@dataclass(frozen=True)
class Identity:
    """`outcome` is the gravest that was found; several tellers of one device are no worry."""

    outcome: DedupeOutcome = DedupeOutcome.NEW
    concerns: tuple[Concern, ...] = ()
    related: tuple[RelatedAsset, ...] = ()


UNDOUBTED = Identity()


@dataclass(frozen=True)
class Grouping:
    """An asset as far as identity goes. Without members it has turned out to be another, `merged_into`."""

    asset_id: UUID
    members: tuple[SightingId, ...]
    identity: Identity
    merged_into: UUID | None = None


def identity_of(standings: Iterable[Standing]) -> Identity:
    """From the standings of all sightings of one asset."""
    whole = together(standings)
    if whole == ALONE:
        return UNDOUBTED
    doubts = {
        Concern(rule_id="ID-NEEDS_REVIEW", severity="warning", sentence=d.reason, with_asset_id=d.asset_id)
        for d in whole.doubted
    }
    probable = {
        Concern(rule_id="ID-PROBABLE", severity="info", sentence=j.reason)
        for j in whole.joined
        if j.tier is Tier.PROBABLE
    }
    related = {RelatedAsset(asset_id=b.asset_id, kind=b.kind, sentence=b.reason) for b in whole.belongs}
    return Identity(
        _outcome(bool(doubts), bool(probable), {r.kind for r in related}),
        tuple(sorted(doubts | probable, key=lambda c: (c.rule_id, c.sentence, str(c.with_asset_id)))),
        tuple(sorted(related, key=lambda r: (r.kind, r.asset_id))),
    )


def _outcome(doubted: bool, probable: bool, kinds: set[str]) -> DedupeOutcome:
    if doubted:
        return DedupeOutcome.NEEDS_REVIEW
    if kinds & {RelationKind.REPLACES, REPLACED_BY}:
        return DedupeOutcome.REPLACEMENT
    if probable:
        return DedupeOutcome.PROBABLE_DUPLICATE
    return DedupeOutcome.RELATED_NOT_SAME if kinds else DedupeOutcome.NEW
