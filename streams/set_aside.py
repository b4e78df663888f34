"""Journal records that cannot have their effect: kept with the reason, noted in the audit log, senders told."""

from collections.abc import Sequence
from datetime import datetime

from hub.services.audit.vault import Vault
from hub.services.registration import audit
from registry_store import quarantine, receipts
from registry_store.engine import Connection
from streams.records import Unreadable, quarantine_receipts, quarantine_row


async def set_aside(connection: Connection, vault: Vault, found: Sequence[Unreadable], now: datetime) -> None:
    """In the caller's transaction."""
    aside = await quarantine.put(connection, [quarantine_row(item) for item in found])
    await audit.append(connection, vault, (), aside, now)
    await receipts.put(connection, quarantine_receipts(found, now))
