"""What people decide, one decision at a time: each kind has a stage of its own."""

from collections.abc import Sequence
from datetime import datetime

from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import disputes, meter_point_rulings, rulings
from hub.services.registration.done import Done
from hub.services.registration.entry import JournalEntry
from hub.services.registration.evidence import Gather
from registry_store import receipts
from registry_store.engine import Connection
from schemas.decisions import IdentityDecided, MeterPointDecided


async def register(
    connection: Connection,
    entries: Sequence[JournalEntry],
    directory: Directory,
    policy: Policy,
    now: datetime,
    gather: Gather,
) -> Done:
    """Gives one decision its effect, in the caller's transaction."""
    (entry,) = entries
    match entry.notification:
        case IdentityDecided() as notice:
            changes, beside = await rulings.register(connection, entry, notice, directory, policy, now)
        case MeterPointDecided() as notice:
            changes, beside = await meter_point_rulings.register(connection, entry, notice, directory, policy, now)
        case other:
            raise TypeError(f"{type(other).__name__} is no decision")
    await _tell_the_person(connection, entry)
    # A dispute goes with its sighting to the asset that the decision has made of it.
    return Done.of(changes, await disputes.register(connection, [], beside, entries, directory, policy, now, gather))


async def _tell_the_person(connection: Connection, entry: JournalEntry) -> None:
    """Gives the receipt also to the one for whom somebody else has written the decision down."""
    own = await receipts.get(connection, entry.sender, [entry.message.id])
    by = entry.notification.source
    await receipts.put(connection, [row.model_copy(update={"participant": by}) for row in own if by != entry.sender])
