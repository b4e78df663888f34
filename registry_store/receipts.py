"""What became of each message."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_store import bulk
from registry_store.tables import receipt
from schemas.records.outbound import ReceiptRow


async def put(connection: AsyncConnection, rows: Sequence[ReceiptRow]) -> None:
    """Writes receipts; a later one for the same message takes the place of the earlier."""
    await bulk.upsert(connection, receipt, rows)


async def get(connection: AsyncConnection, participant: str, message_ids: Sequence[str]) -> list[ReceiptRow]:
    """A participant's receipts among these ids, in no particular order."""
    found = await connection.execute(
        select(receipt).where(receipt.c.participant == participant, receipt.c.message_id.in_(message_ids))
    )
    return [ReceiptRow.model_validate(row) for row in found]
