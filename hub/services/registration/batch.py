"""One batch of the journal through the named stages, inside one transaction.

resolve meter points, match physical assets, consent, conflicts, write. Each stage loads what the whole batch needs in
one or two statements; then each message, in the order of the journal, is decided by pure rules; then all is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.rules.stacking import Policy
from hub.services.audit.vault import Vault
from hub.services.directory import Directory
from hub.services.registration import admission, audit, conflicts, consent, match, resolve, write
from hub.services.registration.entry import JournalEntry
from registry_store import locks
from registry_store.engine import Connection
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
) -> Outcome:
    """Gives every new message of a batch its effect, in the caller's transaction."""
    admitted = await admission.admit(connection, entries)
    fresh = admitted.fresh
    await locks.take(connection, match.lock_keys(fresh))
    places = await resolve.load(connection, fresh)
    register_view = await match.load(connection, fresh)
    consents = await consent.load(connection, fresh)
    changes = write.Changes(directory, now)
    for entry in fresh:
        resolution = resolve.decide(entry, places, now)
        decision = match.decide(entry, resolution, register_view)
        others = register_view.others(entry.notification.source, decision.asset_id)
        permission = consent.decide(entry, resolution, consents, others, now)
        claim = match.claim(entry, resolution, permission, decision, directory)
        changes.add(conflicts.decide(entry, claim, register_view, policy))
    await write.write(connection, changes)
    await audit.append(connection, vault, changes.effects, admitted.set_aside, now)
    return Outcome(changes.outcomes(), admitted.repeats)
