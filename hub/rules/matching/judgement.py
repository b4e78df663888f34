"""What was decided about one sighting, in words, once its neighbourhood is settled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules.matching.grounds import Tier
from hub.rules.matching.relations import RelationKind
from hub.rules.matching.sighting import SightingId
from hub.rules.matching.standing import REPLACED_BY, Joined, Standing, together
from schemas.vocabulary import DedupeOutcome


@dataclass(frozen=True)
class Judgement:
    """`others` are the assets that somebody should compare it with, or that it belongs to."""

    outcome: DedupeOutcome
    reasons: tuple[str, ...]
    others: tuple[UUID, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)


def judge(sighting_id: SightingId, device: Mapping[SightingId, Standing], *, again: bool = False) -> Judgement:
    """Where a sighting belongs. `device` are the standings of all sightings of its device, its own among them.

    `again` says that its source has told of it before.
    """
    whole = together(device.values())
    doubts = tuple(dict.fromkeys(d.reason for d in whole.doubted))
    asked = tuple(sorted({d.asset_id for d in whole.doubted}))
    # A sighting may have been joined through another of its device.
    joined = device[sighting_id].joined or whole.joined
    if joined:
        reasons = tuple(dict.fromkeys(j.reason for j in joined))
        evidence = dict(joined[0].evidence)
        if _surest(joined) is not Tier.PROBABLE:
            return Judgement(DedupeOutcome.EXACT_DUPLICATE, reasons, asked, evidence)
        outcome = DedupeOutcome.NEEDS_REVIEW if asked else DedupeOutcome.PROBABLE_DUPLICATE
        return Judgement(outcome, (*reasons, *doubts), asked, evidence)
    if again:
        return Judgement(DedupeOutcome.EXACT_DUPLICATE, (_TOLD_BEFORE,), asked)
    if asked:
        return Judgement(DedupeOutcome.NEEDS_REVIEW, doubts, asked)
    if whole.belongs:
        replaced = any(b.kind in (RelationKind.REPLACES, REPLACED_BY) for b in whole.belongs)
        return Judgement(
            DedupeOutcome.REPLACEMENT if replaced else DedupeOutcome.RELATED_NOT_SAME,
            tuple(dict.fromkeys(b.reason for b in whole.belongs)),
            tuple(sorted({b.asset_id for b in whole.belongs})),
        )
    return Judgement(DedupeOutcome.NEW, ("No other device that is known has one of its keys.",))


_TOLD_BEFORE = "The sender told of it before under the same reference."


def _surest(joined: tuple[Joined, ...]) -> Tier:
    return min(j.tier for j in joined)
