"""PostgreSQL was set back to an earlier time: noted in the audit log, before anything else is written there."""

from dataclasses import dataclass
from datetime import datetime

from hub import audit_verifier
from hub.services.audit import log
from hub.services.audit.log import Draft
from registry_store import audit, health, journal_progress
from registry_store.engine import Engine, transaction
from schemas import topics


@dataclass(frozen=True)
class Restored:
    """Up to when commits were brought back (none: it cannot be told), and how much of the journal they cover."""

    until: datetime | None
    messages: int


async def note(engine: Engine, operator: str, now: datetime) -> Restored:
    """Adds the entry with the heads that every lane was set back to. To be done before any process of the hub runs."""
    async with transaction(engine) as connection:
        until = await health.replayed_until(connection)
        done = await journal_progress.watermarks(connection)
        heads = await audit.heads(connection)
        said = {
            "heads": {head.lane: {"seq": head.seq, "hash": bytes(head.hash).hex()} for head in heads.values()},
            "until": None if until is None else log.instant(until),
        }
        await log.append(connection, {log.ADMINISTRATION: [Draft(audit_verifier.RESTORED, operator, said)]}, now)
    return Restored(until, sum(last + 1 for (topic, _), last in done.items() if topic in topics.JOURNAL))
