"""Composes and writes assets anew for a person's decision, with what stands beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.rules.claims import Claim
from hub.rules.matching import policy as matching_policy
from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import conflicts, forms, match, neighbours, overlay, peers, view, write
from hub.services.registration.conflicts import Effect
from hub.services.registration.decided import Name
from hub.services.registration.entry import JournalEntry
from hub.services.registration.match import Placement
from hub.services.registration.neighbours import Neighbours
from hub.services.registration.overlay import Overlay
from hub.services.registration.surroundings import Surroundings
from registry_store.engine import Connection
from schemas.vocabulary import ParticipantKind, ReceiptOutcome


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

    async def without_effect(self, effect: Effect) -> write.Changes:
        """Writes the receipt of a decision that changes nothing, or nothing yet."""
        changes = write.Changes(self.directory, self.now, self.around, [effect])
        await write.write(self.connection, changes)
        return changes

    async def with_effect(self, placement: Placement) -> write.Changes:
        """Writes every asset of a placement as it is now, and those around it that this changes; its own the first."""
        found = await view.load(self.connection, placement.groupings, {}, self.beside, self.directory)
        claim = replace(self.claim, decision=placement.decision)
        accounts = tuple((grouping, found.account(grouping)) for grouping in placement.groupings)
        drafted = conflicts.Draft(self.entry, claim, placement, accounts)
        surroundings = Surroundings()
        await surroundings.look(self.connection, list(conflicts.units(drafted, found)))
        effect = replace(conflicts.decide(drafted, found, surroundings, self.policy), outcome=ReceiptOutcome.UPDATED)
        effects = await peers.settle(self.connection, [effect], self.around, found, surroundings, self.policy)
        changes = write.Changes(self.directory, self.now, self.around, effects)
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
    around = await neighbours.load(connection, matching_policy.shipped(), (), (), names)
    beside = await overlay.load(connection, around.own_ids(around.assets))
    decider = directory.members.get(entry.notification.source)
    claim = match.draft(entry, None, decider.kind if decider else ParticipantKind.PLATFORM)
    return Case(connection, entry, claim, around, beside, directory, policy, now)
