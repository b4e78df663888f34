"""A person's decision with what it depends on, and what it comes to: assets composed anew, or a receipt alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.rules import preconditions
from hub.rules.claims import Claim, Decision
from hub.rules.matching import policy as matching_policy
from hub.rules.review_rights import Decider
from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import conflicts, forms, match, neighbours, overlay, peers, view, write
from hub.services.registration.conflicts import Effect
from hub.services.registration.decided import NO_SOURCE, Name
from hub.services.registration.entry import JournalEntry
from hub.services.registration.match import Placement
from hub.services.registration.neighbours import Neighbours
from hub.services.registration.overlay import Overlay
from hub.services.registration.surroundings import Surroundings
from hub.services.registration.write import Changes
from registry_store import assets, locks
from registry_store.engine import Connection
from schemas.decisions import Named
from schemas.vocabulary import DedupeOutcome, ParticipantKind, ReceiptOutcome

_WORDS = {ReceiptOutcome.REFUSED: "decision_refused", ReceiptOutcome.DUPLICATE: "decision_overtaken"}
"""What the audit log calls a decision that changes nothing; one that waits is like every other message that does."""
_NOT_THERE = "The asset whose version you name is not registered; leave expected_version out."


@dataclass(frozen=True)
class Refused:
    """Why a decision is not taken: a code for programs, a sentence for the person."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Case:
    """One decision with what it depends on: sightings around the devices that it names, and disputes over them."""

    connection: Connection
    entry: JournalEntry
    claim: Claim
    around: Neighbours
    beside: Overlay
    directory: Directory
    policy: Policy
    now: datetime

    @property
    def decider(self) -> Decider:
        """Whose decision it is, as the directory has the participant now."""
        member = self.directory.members.get(self.claim.source)
        return Decider(self.claim.source, self.claim.source_kind, member.operator_codes if member else ())

    async def stale(self, named: Named) -> Refused | None:
        """Whether the asset is another than the one that was looked at."""
        if named.expected_version is None:
            return None
        sighting = self.around.decided.known(named.name)
        ids = [self.around.assets[sighting.id]] if sighting is not None else []
        present = await assets.by_ids(self.connection, ids) if ids else []
        if not present:
            return Refused("stale_version", _NOT_THERE)
        found = preconditions.check(preconditions.etag(named.expected_version), present[0].version)
        return None if found is None else Refused(found.code, found.detail)

    def refused(self, why: Refused) -> Effect:
        """The receipt of a decision that is not taken."""
        return self.without_effect(ReceiptOutcome.REFUSED, why.sentence, why.code)

    def without_effect(self, outcome: ReceiptOutcome, sentence: str, code: str | None = None) -> Effect:
        """The receipt of a decision that changes nothing, or nothing yet."""
        decision = Decision(DedupeOutcome.NEW, None, (sentence,))
        claim, word = replace(self.claim, decision=decision), _WORDS.get(outcome)
        return Effect(self.entry, claim, Placement(decision), None, outcome=outcome, code=code, word=word)

    async def take_effect(self, came_to: Placement | Effect) -> Changes:
        """Writes the receipt alone; of a placement every asset as it is now, and those around it that this changes."""
        if isinstance(came_to, Placement):
            return await self._compose(came_to)
        changes = Changes(self.directory, self.now, self.around, [came_to])
        await write.write(self.connection, changes)
        return changes

    async def _compose(self, placement: Placement) -> Changes:
        found = await view.load(self.connection, placement.groupings, {}, self.beside, self.directory)
        claim = replace(self.claim, decision=placement.decision)
        accounts = tuple([conflicts.drawn(grouping, found) for grouping in placement.groupings])
        drafted = conflicts.Draft(self.entry, claim, placement, accounts)
        surroundings = Surroundings()
        await surroundings.look(self.connection, conflicts.units(accounts))
        effect = replace(conflicts.decide(drafted, found, surroundings, self.policy), outcome=ReceiptOutcome.UPDATED)
        effects = await peers.settle(self.connection, [effect], self.around, found, surroundings, self.policy)
        changes = Changes(self.directory, self.now, self.around, effects)
        await write.write(self.connection, changes)
        await forms.write(self.connection, surroundings, found.looked_at.values())
        return changes


async def load(
    connection: Connection,
    entry: JournalEntry,
    names: Sequence[Name],
    directory: Directory,
    policy: Policy,
    now: datetime,
) -> Case:
    """What a decision about the devices of these names depends on, held until the transaction ends."""
    await locks.take(connection, _lock_keys(names))
    around = await neighbours.load(connection, matching_policy.shipped(), (), (), names)
    beside = await overlay.load(connection, around.own_ids(around.assets))
    decider = directory.members.get(entry.notification.source)
    claim = match.draft(entry, None, decider.kind if decider else ParticipantKind.PLATFORM)
    return Case(connection, entry, claim, around, beside, directory, policy, now)


def _lock_keys(names: Sequence[Name]) -> Iterator[str]:
    """The same that a notification takes for the device that it tells of."""
    for name in names:
        yield "\x1f".join(("asset" if name[0] == NO_SOURCE else "reference", *name))
