"""Journal records that cannot have their effect: kept with the reason, noted in the audit log, senders told."""

from collections.abc import Sequence
from datetime import datetime

from hub.services.audit.vault import Vault
from hub.services.registration import audit
from registry_store import quarantine, receipts
from registry_store.engine import Connection
from schemas.signed_message import SignedMessage
from streams.records import JournalRecord, Unreadable, quarantine_receipts, quarantine_row


async def set_aside(connection: Connection, vault: Vault, found: Sequence[Unreadable], now: datetime) -> None:
    """In the caller's transaction."""
    aside = await quarantine.put(connection, [quarantine_row(item) for item in found])
    await audit.append(connection, vault, (), aside, now)
    await receipts.put(connection, quarantine_receipts(found, now))


def failed(record: JournalRecord, message: SignedMessage | None, error: Exception) -> Unreadable:
    """A record that the registration has an error with."""
    detail = f"The registration cannot handle this message ({type(error).__name__}); it is kept for repair."
    return Unreadable(record, "registration_failed", detail, message)
