"""Why a sighting stands where it does: what joins it to others, what is in doubt, what it belongs to.

A function of the settled neighbourhood, kept with the sighting; what is said of an asset's identity is what the
standings of its sightings say together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from hub.rules.matching.grounds import Grounds
from hub.rules.matching.neighbourhood import Settled
from hub.rules.matching.relations import RelationKind, relations
from hub.rules.matching.sighting import SightingId


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Grounds):
    """With which other sighting it was found to be of one device."""

    other: SightingId


@dataclass(frozen=True, slots=True)
class Doubted:
    """A device that somebody should compare it with; `asset_id` is the other's."""

    other: SightingId
    asset_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Belongs:
    """Another device that it belongs to. `kind` is a `RelationKind`, or `replaced_by` seen from the older side."""

    other: SightingId
    asset_id: UUID
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    joined: tuple[Joined, ...] = ()
    doubted: tuple[Doubted, ...] = ()
    belongs: tuple[Belongs, ...] = ()


ALONE = Standing()
"""Of a sighting that no other has anything to do with."""


def standings(settled: Settled, assets: Mapping[SightingId, UUID]) -> dict[SightingId, Standing]:
    """The standing of every sighting that was settled; `assets` says of which asset each sighting is now."""
    if len(settled.looked_at.clusters) == 1 and not settled.looked_at.links:
        return dict.fromkeys(settled.looked_at.clusters[0].ids, ALONE)
    joined: dict[SightingId, list[Joined]] = {i: [] for c in settled.clusters for i in c.ids}
    doubted: dict[SightingId, list[Doubted]] = {i: [] for i in joined}
    belongs: dict[SightingId, list[Belongs]] = {i: [] for i in joined}
    for link in settled.looked_at.links:
        for mine, theirs in ((link.one, link.other), (link.other, link.one)):
            if mine in joined:
                joined[mine].append(Joined(other=theirs, tier=link.tier, reason=link.reason, evidence=link.evidence))
    for doubt in settled.looked_at.doubts:
        for mine, theirs in ((doubt.one, doubt.other), (doubt.other, doubt.one)):
            if mine in doubted:
                doubted[mine].append(Doubted(theirs, assets[theirs], doubt.reason))
    for relation in relations(settled.looked_at.clusters):
        backward = REPLACED_BY if relation.kind is RelationKind.REPLACES else relation.kind
        ends = ((relation.one, relation.other, relation.kind), (relation.other, relation.one, backward))
        for mine, theirs, kind in ends:
            if mine in belongs:
                belongs[mine].append(Belongs(theirs, assets[theirs], str(kind), relation.reason))
    return {i: Standing(tuple(joined[i]), tuple(doubted[i]), tuple(belongs[i])) for i in joined}


REPLACED_BY = "replaced_by"


def together(found: Iterable[Standing]) -> Standing:
    """What the standings of one device's sightings say in all."""
    all_of = list(found)
    if len(all_of) == 1:
        return all_of[0]
    return Standing(
        tuple(j for s in all_of for j in s.joined),
        tuple(d for s in all_of for d in s.doubted),
        tuple(b for s in all_of for b in s.belongs),
    )
