"""Is anything lost, repeated or otherwise than it would have been? One checker for every fault.

What `hub verify` holds together it is asked for; the rest is what only the sender of a flood knows.
"""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text

from hub.services.verify import verify
from registry_store.engine import Engine, connect, transaction
from registry_store.inbox import Key
from tests.faults import control
from tests.faults.flood import Flood
from tests.faults.rig import Rig

QUIET_SECONDS, LOOK_SECONDS, LOOK_SHARE = 100.0, 0.2, 10.0
"""Longer than a worker may stand still before its watchdog ends it."""
STATEMENT_SECONDS = 600.0
EXAMPLES = 5


@dataclass(frozen=True)
class Checked:
    """What came of a flood. Each of these is nothing when all is well."""

    acknowledged: int
    lost: int
    repeated: int
    otherwise: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not (self.lost or self.repeated or self.otherwise or self.problems)


async def check(rig: Rig, flood: Flood) -> Checked:
    """Waits until the hub has come to rest, then holds everything against the flood."""
    engine = connect(rig.settings.database or "", statement_seconds=STATEMENT_SECONDS)
    try:
        lost = await settled(engine, flood.acknowledged)
        verdict = await verify(engine, rig.settings.kafka or "", rig.settings.secret or "", lambda _: None)
        twice = await repeated(engine)
        async with control.undisturbed(rig, engine, flood) as undisturbed:
            found, wanted = await register_of(engine, flood.name), await register_of(undisturbed, flood.name)
        otherwise = {key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)}
    finally:
        await engine.dispose()
    named = [f"{sender}'s message {mid} was acknowledged and is lost" for sender, mid in sorted(lost)[:EXAMPLES]]
    named += [f"more than one effect of {what}" for what in twice[:EXAMPLES]]
    named += [f"{key} is otherwise than without faults" for key in sorted(otherwise)[:EXAMPLES]]
    return Checked(len(flood.acknowledged), len(lost), len(twice), len(otherwise), (*named, *verdict.problems))


async def settled(engine: Engine, acknowledged: Collection[Key]) -> set[Key]:
    """What still has no final receipt when none has come for so long."""
    began = time.monotonic()
    missing = await without_receipt(engine, acknowledged)
    # Where there is much to look at, looking is not to keep the hub from its work.
    pause = max(LOOK_SECONDS, LOOK_SHARE * (time.monotonic() - began))
    until = time.monotonic() + QUIET_SECONDS
    while missing and time.monotonic() < until:
        await asyncio.sleep(pause)
        before, missing = missing, await without_receipt(engine, missing)
        if missing != before:
            until = time.monotonic() + QUIET_SECONDS
    return missing


async def without_receipt(engine: Engine, acknowledged: Collection[Key]) -> set[Key]:
    """Acknowledged messages that are neither registered nor set aside."""
    async with transaction(engine) as connection:
        rows = await connection.execute(text("SELECT participant, message_id FROM receipt WHERE outcome <> 'accepted'"))
        told = {(row.participant, row.message_id) for row in rows}
    return set(acknowledged) - told


_REPEATED = (
    "SELECT 'message ' || message_id || ' on asset ' || asset_id AS it FROM asset_history"
    " GROUP BY asset_id, participant, message_id HAVING count(*) > 1",
    "SELECT 'message ' || message_id || ' among the claims' AS it FROM source_claim"
    " GROUP BY sender, message_id HAVING count(*) > 1",
    "SELECT 'journal place ' || i.journal_partition || '/' || i.journal_offset || ', registered and set aside' AS it"
    " FROM inbox i JOIN quarantine q USING (journal_partition, journal_offset)",
    "SELECT 'event ' || event_id || ' in the outbox' AS it FROM outbox GROUP BY event_id, topic HAVING count(*) > 1",
)


async def repeated(engine: Engine) -> list[str]:
    """Everything in the register that happened more than once."""
    async with transaction(engine) as connection:
        return [row.it for query in _REPEATED for row in await connection.execute(text(query))]


_REGISTER = (
    "SELECT s.source || ' ' || s.reference AS it, md5((a.state"
    " - '{asset_id,version,dedupe,related,merged_into}'::text[])::text || m.members) AS what"
    " FROM sighting s JOIN asset a USING (asset_id) JOIN (SELECT asset_id,"
    " string_agg(source || ' ' || reference, ', ' ORDER BY source, reference) AS members"
    " FROM sighting GROUP BY asset_id) m USING (asset_id)"
    " WHERE s.reference LIKE :name || '-%'"
)


async def register_of(engine: Engine, name: str) -> dict[str, str]:
    """Of each source's reference a digest: the state of its asset, and which others tell of the same one.

    Left out is what says only in which order senders were heard: ids, and how many versions there were.
    """
    async with transaction(engine) as connection:
        rows = await connection.execute(text(_REGISTER), {"name": name})
        return {row.it: row.what for row in rows}
