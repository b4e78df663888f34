"""Devices that are not one and still belong together: counted once as load, one box, or one in another's place."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations, product

from hub.rules.matching.cluster import Cluster
from hub.rules.matching.sighting import SightingId
from schemas.reference import categories, matching
from schemas.reference.categories import Sharing


class RelationKind(StrEnum):
    """How one device belongs to another."""

    SAME_LOAD = "same_load"
    SAME_BOX = "same_box"
    REPLACES = "replaces"


@dataclass(frozen=True, slots=True)
class Relation:
    """`one` and `other` are sightings of two devices; a replacement names the newer one first."""

    one: SightingId
    other: SightingId
    kind: RelationKind
    reason: str


_REASONS = {
    RelationKind.SAME_LOAD: "A vehicle and the chargepoint at its home are two devices and one load; it counts once.",
    RelationKind.SAME_BOX: "One box holds this device and another of a different kind; each is told of by itself.",
    RelationKind.REPLACES: (
        "A device of the same kind at this home has another serial number and began later or earlier: it was replaced."
    ),
}


def relations(clusters: Iterable[Cluster]) -> Iterator[Relation]:
    """How devices at one home belong to each other."""
    homes: dict[int, list[Cluster]] = defaultdict(list)
    for cluster in clusters:
        for home in cluster.homes:
            homes[home.number].append(cluster)
    seen: set[tuple[SightingId, SightingId]] = set()
    for at_home in homes.values():
        for one, other in combinations(at_home, 2):
            if (one.first, other.first) in seen:
                continue
            seen.add((one.first, other.first))
            if (kind := _kind(one, other)) is not None:
                newer, older = (one, other) if _began(one) >= _began(other) else (other, one)
                yield Relation(newer.first, older.first, kind, _REASONS[kind])


def _kind(one: Cluster, other: Cluster) -> RelationKind | None:
    if _replaced(one, other):
        return RelationKind.REPLACES
    for mine, theirs in product(_categories(one), _categories(other)):
        relation = categories.category_relation(mine, theirs)
        if relation is None:
            continue
        if relation.sharing is Sharing.ONE_LOAD:
            return RelationKind.SAME_LOAD
        if one.serials & other.serials or _gateways(one) & _gateways(other):
            return RelationKind.SAME_BOX
    return None


def _replaced(one: Cluster, other: Cluster) -> bool:
    """Two serial numbers of one maker at one place, the one put there well after the other was."""
    if one.groups != other.groups or not one.serials or not other.serials or one.serials & other.serials:
        return False
    if not one.makers & other.makers:
        return False
    return abs((_began(one) - _began(other)).days) > matching.limits().replaced_days


def _began(cluster: Cluster) -> date:
    """When it was put there, or else first told of."""
    return min(s.commissioned_on or s.said_on for s in cluster.members)


def _categories(cluster: Cluster) -> set[str]:
    return {s.category for s in cluster.members if s.category is not None}


def _gateways(cluster: Cluster) -> set[str]:
    return {gateway for s in cluster.members for gateway in s.gateways}
