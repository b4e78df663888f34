"""What people's decisions about pairs of sightings come to when all of them are held together.

The later decision counts: of two about one pair, and of several that cannot all be true (a is b, b is c, a is not c).
It does not matter in which order they arrived.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from hub.rules.matching.clustering import Rulings
from hub.rules.matching.relations import RelationKind
from hub.rules.matching.sighting import SightingId
from hub.rules.matching.standing import REPLACED_BY
from schemas.decisions import IdentityVerdict

RELATED = "related"
_REASONS = {
    IdentityVerdict.REPLACEMENT: "Somebody with the right to decide has said that one took the place of the other.",
    IdentityVerdict.RELATED: "Somebody with the right to decide has said that they belong together, as two devices.",
}


@dataclass(frozen=True, slots=True)
class Ruling:
    """One decision about two sightings. Of a replacement, `one` is the new device."""

    one: SightingId
    other: SightingId
    verdict: IdentityVerdict
    decided_at: datetime
    message_id: str

    @property
    def pair(self) -> frozenset[SightingId]:
        return frozenset((self.one, self.other))


@dataclass(frozen=True, slots=True)
class RuledLink:
    """That one sighting's device belongs to another's, as seen from `mine`."""

    mine: SightingId
    theirs: SightingId
    kind: str
    reason: str


@dataclass(frozen=True)
class InForce:
    """What counts of some decisions: which sightings are one, which are apart, and which belong together."""

    rulings: Rulings = field(default_factory=Rulings)
    links: frozenset[RuledLink] = frozenset()

    def differs_at(self, other: "InForce") -> set[SightingId]:
        """The sightings about which the two say something else."""
        pairs = (self.rulings.same ^ other.rulings.same) | (self.rulings.apart ^ other.rulings.apart)
        return {i for pair in pairs for i in pair} | {link.mine for link in self.links ^ other.links}


def in_force(rulings: Iterable[Ruling]) -> InForce:
    """Takes the newest first; an older one that contradicts what counts already has been overtaken."""
    work = _Work({}, set(), set(), set())
    seen: set[frozenset[SightingId]] = set()
    for ruling in sorted(rulings, key=lambda r: (r.decided_at, r.message_id), reverse=True):
        if ruling.pair not in seen and len(ruling.pair) == 2:
            seen.add(ruling.pair)
            work.take(ruling)
    return InForce(Rulings(frozenset(work.same), frozenset(work.apart)), frozenset(work.links))


@dataclass
class _Work:
    groups: dict[SightingId, frozenset[SightingId]]
    same: set[frozenset[SightingId]]
    apart: set[frozenset[SightingId]]
    links: set[RuledLink]

    def take(self, ruling: Ruling) -> None:
        one, other = (self.groups.get(i, frozenset((i,))) for i in (ruling.one, ruling.other))
        if ruling.verdict is IdentityVerdict.SAME:
            if any(frozenset(pair) in self.apart for pair in product(one, other)):
                return
            self.same.add(ruling.pair)
            self.groups.update(dict.fromkeys(one | other, one | other))
        elif one != other:
            self.apart.add(ruling.pair)
            self.links.update(_links(ruling))


def _links(ruling: Ruling) -> tuple[RuledLink, ...]:
    reason = _REASONS.get(ruling.verdict)
    if reason is None:
        return ()
    forward, backward = RELATED, RELATED
    if ruling.verdict is IdentityVerdict.REPLACEMENT:
        forward, backward = str(RelationKind.REPLACES), REPLACED_BY
    return (
        RuledLink(ruling.one, ruling.other, forward, reason),
        RuledLink(ruling.other, ruling.one, backward, reason),
    )


RULED_REASONS = frozenset(_REASONS.values())
"""By these a link that somebody decided is told from one that the hub found."""
