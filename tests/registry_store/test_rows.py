"""Rows as the driver gives them, as records."""

from datetime import UTC, datetime

from sqlalchemy import text

from registry_store import rows
from registry_store.engine import Engine
from schemas.records.audit import AuditHeadRow

HEAD = AuditHeadRow(lane="of a test", seq=3, hash=b"\x01" * 32, at=datetime(2026, 3, 1, tzinfo=UTC))
FOUND = "SELECT * FROM audit_head WHERE lane = $1"


async def test_a_column_that_a_newer_version_has_added_is_passed_over(engine: Engine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("ALTER TABLE audit_head ADD COLUMN of_the_next_version text"))
        await connection.execute(
            text("INSERT INTO audit_head (lane, seq, hash, at) VALUES (:lane, :seq, :hash, :at)"), HEAD.model_dump()
        )
        assert await rows.records(connection, AuditHeadRow, FOUND, HEAD.lane) == [HEAD]
        await connection.rollback()
