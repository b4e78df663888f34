"""Erasure: what one source told under one reference of its own becomes unreadable in the log, and goes from its claims.

The entries stay and the chain still verifies: what they sealed is what cannot be opened any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.errors import HubError
from hub.rules import personal
from hub.services.audit import log
from hub.services.audit.log import Draft
from hub.services.audit.vault import Reference, Vault
from registry_store import claims, rulings, sightings, subject_keys
from registry_store.engine import Engine, transaction
from schemas.records.claims import SourceClaimRow

KIND = "erased"


class NothingToEraseError(HubError):
    """Nothing was told under this reference; the text says how to find the right one."""


@dataclass(frozen=True)
class Erased:
    """What an erasure came to: how many keys are destroyed, claims blanked, and of which assets they told."""

    subject: str
    keys: int
    claims: int
    assets: tuple[str, ...]


async def erase(engine: Engine, vault: Vault, reference: Reference, reason: str, by: str, now: datetime) -> Erased:
    """Destroys the keys of a subject and blanks its claims, all or nothing. Raises `NothingToEraseError`."""
    subject = vault.subject(reference)
    async with transaction(engine) as connection:
        destroyed = await subject_keys.destroy(connection, subject, reason, now)
        told = await claims.under(connection, reference)
        if not destroyed and not told:
            raise NothingToEraseError(
                f"{reference[0]} has told nothing under that reference; give it as `sender_asset_ref` has it"
            )
        await claims.blank(connection, [_blanked(row) for row in told])
        await rulings.forget_words(connection, reference)
        assets = tuple(str(row.asset_id) for row in await sightings.lock(connection, [reference]))
        payload = {"reason": reason, "keys": destroyed, "claims": len(told), "source": reference[0]}
        draft = Draft(KIND, by, payload, assets=assets, subject=subject)
        await log.append(connection, {log.ADMINISTRATION: [draft]}, now)
    return Erased(subject, len(destroyed), len(told), assets)


def _blanked(row: SourceClaimRow) -> SourceClaimRow:
    """The claim without what is personal. How it was resolved stays, without the numbers that it was resolved to."""
    numbers: dict[str, Any] = {"import_mpan": None, "export_mpan": None, "candidates": []}
    resolution = row.resolution | {n: v for n, v in numbers.items() if n in row.resolution} if row.resolution else None
    return row.model_copy(update={"body": personal.blanked(row.body), "resolution": resolution})
