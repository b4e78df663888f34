"""What people have decided about the sightings at hand, and what of that counts now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from hub.rules.matching.sighting import Sighting, SightingId
from hub.rules.matching.standing import Belongs, Standing
from hub.rules.review_rights import Answer, Decider, Side, may_decide, operators_of
from hub.rules.review_rights import Standing as Right
from hub.rules.rulings import RULED_REASONS, InForce, Ruling, in_force
from schemas.decisions import IdentityVerdict
from schemas.records.decisions import RulingRow
from schemas.reference.review import IDENTITY
from schemas.vocabulary import ParticipantKind

NO_SOURCE = ""

Name = tuple[str, str]
"""A source and its reference of a device; of an asset id no source, and the id in their place."""
RulingKey = tuple[Name, Name, str]


def names_of(sighting: Sighting) -> Iterator[Name]:
    """By what a decision may name a sighting."""
    yield sighting.id
    yield NO_SOURCE, str(sighting.own_id)


def sides(row: RulingRow) -> tuple[Name, Name]:
    return (row.source_a, row.reference_a), (row.source_b, row.reference_b)


def key_of(row: RulingRow) -> RulingKey:
    return (*sides(row), row.participant)


def side_of(sighting: Sighting) -> Side:
    """What a right to decide is held against."""
    return Side(sighting.source, operators_of(sighting.import_mpan, sighting.export_mpan))


@dataclass
class Decided:
    """Decisions by pair of names and participant, over the sightings that are known; those of others wait for them."""

    rows: dict[RulingKey, RulingRow]
    in_force: InForce = field(default_factory=InForce)
    _by_id: dict[SightingId, Sighting] = field(default_factory=dict)
    _by_own_id: dict[UUID, Sighting] = field(default_factory=dict)

    def begins_with(self, sightings: Iterable[Sighting]) -> None:
        """Takes sightings as they are, before anything changes."""
        for sighting in sightings:
            self._note(sighting)
        self.in_force = self._now()

    def sees(self, sighting: Sighting) -> list[SightingId]:
        """Takes a sighting as it has become; gives those about which something else counts for it."""
        self._note(sighting)
        return self._anew() if self.rows else []

    def takes(self, row: RulingRow) -> list[SightingId]:
        """Takes a decision, unless its participant has decided later; gives those about which something else counts."""
        before = self.rows.get(key_of(row))
        if before is not None and (before.decided_at, before.message_id) > (row.decided_at, row.message_id):
            return []
        self.rows[key_of(row)] = row
        return self._anew()

    def known(self, name: Name) -> Sighting | None:
        """The sighting that a name stands for, if it is there."""
        source, reference = name
        return self._by_own_id.get(UUID(reference)) if source == NO_SOURCE else self._by_id.get(name)

    def answer(self, decider: Decider, names: Iterable[Name]) -> Answer:
        """Whether somebody may decide about these devices, as far as they are known."""
        found = [self.known(name) for name in names]
        return may_decide(decider, IDENTITY, [side_of(s) if s is not None else Side() for s in found])

    def waits(self, row: RulingRow) -> bool:
        """Whether a decision cannot count yet, since too little is known of its devices."""
        return self._ruling(row) is None

    def counts(self, row: RulingRow) -> bool:
        """Whether what a decision says is what counts of its pair."""
        ruling = self._ruling(row)
        if ruling is None:
            return False
        alone = in_force([ruling])
        return alone.rulings.same <= self.in_force.rulings.same and (
            alone.rulings.apart <= self.in_force.rulings.apart and alone.links <= self.in_force.links
        )

    def linked(
        self,
        found: Mapping[SightingId, Standing],
        standing: Mapping[SightingId, Standing],
        assets: Mapping[SightingId, UUID],
    ) -> dict[SightingId, Standing]:
        """The standings with the links that people have decided. Whoever is linked to one of those that were found anew
        is among them: the asset at the other end of the link may be another."""
        if not self.rows:
            return dict(found)
        ends = {link.mine for link in self.in_force.links} | self._were_linked(standing)
        all_of = {i: standing[i] for i in sorted(ends & standing.keys())} | dict(found)
        return {i: replace(s, belongs=tuple(self._belongs(i, s, assets))) for i, s in all_of.items()}

    def _belongs(
        self, sighting_id: SightingId, standing: Standing, assets: Mapping[SightingId, UUID]
    ) -> Iterator[Belongs]:
        mine = sorted((x for x in self.in_force.links if x.mine == sighting_id), key=lambda x: (x.theirs, x.kind))
        decided = {assets[x.theirs] for x in mine if x.theirs in assets}
        # What the hub found between the same two is what has been decided otherwise.
        yield from (b for b in standing.belongs if b.reason not in RULED_REASONS and b.asset_id not in decided)
        yield from (Belongs(x.theirs, assets[x.theirs], x.kind, x.reason) for x in mine if x.theirs in assets)

    @staticmethod
    def _were_linked(standing: Mapping[SightingId, Standing]) -> set[SightingId]:
        return {i for i, s in standing.items() if any(b.reason in RULED_REASONS for b in s.belongs)}

    def _note(self, sighting: Sighting) -> None:
        self._by_id[sighting.id] = self._by_own_id[sighting.own_id] = sighting

    def _anew(self) -> list[SightingId]:
        before, self.in_force = self.in_force, self._now()
        return sorted(self.in_force.differs_at(before) & self._by_id.keys())

    def _now(self) -> InForce:
        return in_force(ruling for row in self.rows.values() if (ruling := self._ruling(row)) is not None)

    def _ruling(self, row: RulingRow) -> Ruling | None:
        """A decision about sightings that are known, by somebody with the right to it."""
        decider = Decider(row.participant, ParticipantKind(row.kind), row.operator_codes)
        names = sides(row)
        a, b = (self.known(name) for name in names)
        if a is None or b is None or self.answer(decider, names).standing is not Right.ALLOWED:
            return None
        one, other = (a.id, b.id) if row.newer == "a" else (b.id, a.id)
        return Ruling(one, other, IdentityVerdict(row.verdict), row.decided_at, row.message_id)
