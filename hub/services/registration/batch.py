"""One batch of the journal through the named stages, inside one transaction.

resolve meter points, match physical assets, consent, conflicts, peers, write, forms. Each stage loads what the whole
batch needs in a few statements; then each message, in the order of the journal, is decided by pure rules; then all is
written. What people have decided is rare, and is taken one by one in its place between the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby

from hub.rules.stacking import Policy
from hub.services.audit.vault import Vault
from hub.services.directory import Directory
from hub.services.registration import (
    admission,
    audit,
    conflicts,
    decisions,
    disputes,
    enquire,
    forms,
    match,
    overlay,
    peers,
    review,
    view,
    write,
)
from hub.services.registration.done import Done
from hub.services.registration.entry import JournalEntry
from hub.services.registration.evidence import Gather, ask
from hub.services.registration.surroundings import Surroundings
from registry_store.engine import Connection
from schemas.decisions import Decision
from schemas.vocabulary import ReceiptOutcome


@dataclass(frozen=True)
class Outcome:
    """What a batch came to: messages by their outcome; repeats had no effect and are not among them."""

    registered: dict[ReceiptOutcome, int]
    repeats: int


async def register(
    connection: Connection,
    entries: Sequence[JournalEntry],
    directory: Directory,
    policy: Policy,
    vault: Vault,
    now: datetime,
    gather: Gather = ask,
    *,
    tell_all: bool = False,
) -> Outcome:
    """Gives every new message of a batch its effect, in the caller's transaction.

    `gather` finds out what is known of the messages from elsewhere; a replay takes what was known then.
    """
    admitted = await admission.admit(connection, entries)
    done = Done()
    for decided, run in groupby(admitted.fresh, lambda entry: isinstance(entry.notification, Decision)):
        together = list(run)
        told = partial(_told, tell_all=tell_all)
        stage, size = (decisions.register, 1) if decided else (told, len(together))
        for start in range(0, len(together), size):
            done += await stage(connection, together[start : start + size], directory, policy, now, gather)
    await review.keep(connection, done.effects)
    await audit.append(connection, vault, done.effects, admitted.set_aside, now)
    return Outcome(dict(done.outcomes), admitted.repeats)


async def _told(
    connection: Connection,
    entries: Sequence[JournalEntry],
    directory: Directory,
    policy: Policy,
    now: datetime,
    gather: Gather,
    *,
    tell_all: bool,
) -> Done:
    """What is told of devices and said in disputes, many messages at once."""
    fresh, about_disputes = disputes.apart(entries)
    evidence = await gather(connection, fresh, directory, now)
    drafts = [match.draft(e, evidence.resolution(e), evidence.source_kind(e)) for e in fresh]
    matched = await match.match(connection, fresh, drafts, evidence)
    groupings = [g for placement in matched.placements for g in placement.groupings]
    own_ids = matched.neighbours.own_ids(m for grouping in groupings for m in grouping.members)
    beside = await overlay.load(connection, own_ids)
    register_view = await view.load(connection, groupings, matched.known, beside, directory)
    taken = []
    for entry, draft, placement in zip(fresh, matched.drafts, matched.placements, strict=True):
        others = register_view.by_others(draft.source, placement.members)
        own = register_view.claims[draft.reference]
        permission = evidence.permission(entry, draft, others, own)
        claim = replace(draft, permission=permission, decision=placement.decision)
        taken.append(conflicts.draft(entry, claim, placement, register_view))
    around = Surroundings()
    await around.look(connection, conflicts.units(one for t in taken for one in t.accounts))
    effects = [conflicts.decide(t, register_view, around, policy) for t in taken]
    effects = await peers.settle(connection, effects, matched.neighbours, register_view, around, policy)
    changes = write.Changes(directory, now, matched.neighbours, effects, tell_all)
    await write.write(connection, changes)
    await forms.write(connection, around, register_view.looked_at.values())
    await enquire.settle(connection, enquire.places(changes.effects, register_view), now)
    steps = await disputes.register(connection, about_disputes, beside, entries, directory, policy, now, gather)
    return Done.of(changes, steps)
