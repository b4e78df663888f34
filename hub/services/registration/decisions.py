"""What people decide, one decision at a time: each kind has a stage of its own."""

from collections.abc import Sequence
from datetime import datetime

from hub.rules.meter_point_facts import Resolution
from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import decision_cases, disputes, meter_point_rulings, rulings
from hub.services.registration.conflicts import Effect
from hub.services.registration.decision_cases import Case
from hub.services.registration.done import Done
from hub.services.registration.entry import JournalEntry
from hub.services.registration.evidence import Gather
from hub.services.registration.match import Placement
from registry_store import receipts
from registry_store.engine import Connection
from schemas.decisions import Decision, IdentityDecided, MeterPointDecided


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
    if not isinstance(entry.notification, Decision):
        raise TypeError(f"{type(entry.notification).__name__} is no decision")
    case = await decision_cases.load(connection, entry, entry.notification.names, directory, policy, now)
    evidence = await gather(connection, entries, directory, now)
    changes = await case.take_effect(await _came_to(case, entry.notification, evidence.resolution(entry)))
    await _tell_the_person(connection, entry)
    # A dispute goes with its sighting to the asset that the decision has made of it.
    told = await disputes.register(connection, [], case.beside, entries, directory, policy, now, gather)
    return Done.of(changes, told)


async def _came_to(case: Case, notice: Decision, meter_points: Resolution | None) -> Placement | Effect:
    match notice:
        case IdentityDecided():
            return await rulings.rule(case, notice)
        case MeterPointDecided():
            return await meter_point_rulings.rule(case, notice, meter_points)
        case _:
            raise TypeError(f"{type(notice).__name__} has no stage")


async def _tell_the_person(connection: Connection, entry: JournalEntry) -> None:
    """Gives the receipt also to the one for whom somebody else has written the decision down."""
    own = await receipts.get(connection, entry.sender, [entry.message.id])
    by = entry.notification.source
    await receipts.put(connection, [row.model_copy(update={"participant": by}) for row in own if by != entry.sender])
