"""Does the log hold together, and does it say the same as the history?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hub.audit_verifier import GENESIS, Broken, Chains, Head
from hub.rules.sealing import CannotOpenError
from hub.services.audit import log
from hub.services.audit.vault import Destroyed, SecretChanged, Vault
from registry_store import audit, history
from registry_store.engine import Connection
from schemas.records.audit import AuditEntryRow

CHUNK = 1000


@dataclass(frozen=True)
class Found:
    """How many entries were looked at, and what is wrong, in words."""

    looked_at: int
    problems: tuple[str, ...]


async def chains(connection: Connection) -> Found:
    """Every lane from its first entry to its head; the first broken entry of each is named."""
    heads = await audit.heads(connection)
    looked_at, problems = 0, []
    for lane in sorted({*heads, *await audit.lanes(connection)}):
        walk = Chains({lane: Head(0, GENESIS)})
        try:
            async for row in audit.entries(connection, lane):
                looked_at += 1
                walk.entry(log.as_exported(row))
            kept = heads.get(lane)
            reached = walk.heads.get(lane, Head(0, GENESIS))
            if kept is None or reached != Head(kept.seq, bytes(kept.hash).hex()):
                problems.append(
                    f"lane {lane} ends at entry {reached.seq}, and its head is at {kept.seq if kept else 0}"
                )
        except (Broken, ValueError) as error:
            problems.append(str(error) if isinstance(error, Broken) else f"lane {lane} has an entry that is no JSON")
    return Found(looked_at, tuple(problems))


async def versions(connection: Connection, vault: Vault) -> Found:
    """Whether each version in the history still is what its entry said when it was made.

    What is sealed can be compared for as long as its key is there.
    """
    looked_at, problems = 0, []
    for lane in await audit.lanes(connection):
        chunk: list[AuditEntryRow] = []
        async for row in audit.entries(connection, lane):
            if row.version is not None:
                chunk.append(row)
            if len(chunk) == CHUNK:
                problems += await _differing(connection, vault, chunk)
                looked_at, chunk = looked_at + len(chunk), []
        problems += await _differing(connection, vault, chunk)
        looked_at += len(chunk)
    return Found(looked_at, tuple(problems[:5]))


async def _differing(connection: Connection, vault: Vault, entries: Sequence[AuditEntryRow]) -> list[str]:
    sealed = {(row.lane, row.seq): (row.subject or "", json.loads(row.payload).get("sealed", "")) for row in entries}
    try:
        opened = await vault.open(connection, set(sealed.values()))
    except (CannotOpenError, SecretChanged, ValueError) as error:
        return [f"what entries of lane {entries[0].lane} have sealed cannot be opened: {error}"]
    states = await history.states(connection, [(row.asset_id, row.version) for row in entries])
    problems = []
    for row in entries:
        content = opened[sealed[(row.lane, row.seq)]]
        state = states.get((row.asset_id, row.version))
        # That a version is not there is another check's to say.
        if isinstance(content, Destroyed) or state is None:
            continue
        if content.get("state_sha256") != log.digest(state):
            problems.append(
                f"version {row.version} of asset {row.asset_id} is not what entry {row.seq} of {row.lane} saw"
            )
    return problems
