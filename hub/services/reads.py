"""Reading the register as somebody who may see a part of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hub.rules.access import Grant
from registry_store import assets, history, outbox, receipts
from registry_store.assets import Filters
from registry_store.engine import Engine, repeatable_read, transaction
from schemas import avro, topics
from schemas.outbound import AssetChanged
from schemas.records import AssetHistoryRow, AssetRow, ReceiptRow


class Reads:
    """Every read takes the grant of the reader; its row filter goes into the query."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def assets(self, grant: Grant, filters: Filters, after: UUID | None, limit: int) -> list[AssetRow]:
        async with transaction(self._engine) as connection:
            return await assets.page(connection, grant.rows, filters, after, limit)

    async def asset(self, grant: Grant, asset_id: UUID) -> AssetRow | None:
        async with transaction(self._engine) as connection:
            return await assets.one(connection, grant.rows, asset_id)

    async def history(
        self, grant: Grant, asset_id: UUID, as_of: date | None, known_at: datetime | None
    ) -> list[AssetHistoryRow] | None:
        """Versions of an asset; nothing where the reader may not see it."""
        async with transaction(self._engine) as connection:
            if await assets.one(connection, grant.rows, asset_id) is None:
                return None
            return await history.of(connection, asset_id, as_of, known_at)

    def cause(self, row: AssetHistoryRow, grant: Grant) -> dict[str, Any]:
        """The message behind a version: its sender sees which of its own it was, others only who sent it."""
        if row.participant == grant.participant or grant.rows.everything:
            return {"participant": row.participant, "message_id": row.message_id}
        return {"participant": row.participant}

    async def changes(self, grant: Grant, after: int, limit: int) -> list[tuple[int, AssetChanged]]:
        """Events of `fmar.changes` with their `feed_seq`, in their order."""
        async with transaction(self._engine) as connection:
            rows = await outbox.feed(connection, topics.CHANGES, grant.rows, after, limit)
        return [(row.feed_seq or 0, avro.decode(bytes(row.value), AssetChanged)) for row in rows]

    async def snapshot(self, grant: Grant, page: int) -> AsyncIterator[int | AssetRow]:
        """First the `feed_seq` that the snapshot is as of, then the assets, all from one moment."""
        async with repeatable_read(self._engine) as connection:
            yield await outbox.last_numbered(connection, topics.CHANGES)
            after = None
            while rows := await assets.page(connection, grant.rows, Filters(), after, page):
                for row in rows:
                    yield row
                after = rows[-1].asset_id

    async def receipts(self, grant: Grant, message_ids: Sequence[str]) -> list[ReceiptRow]:
        """The reader's own receipts among these ids."""
        async with transaction(self._engine) as connection:
            return await receipts.get(connection, grant.participant or "", message_ids)
