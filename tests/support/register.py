"""What tests do with a register: put batches through it, and look at what came of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Table, select, text

from hub.services import directory as directories
from hub.services.audit.vault import Vault
from hub.services.directory import Directory
from hub.services.registration.batch import Outcome, register
from hub.services.registration.entry import JournalEntry
from registry_store import outbox, tables
from registry_store.engine import Engine, transaction
from schemas import avro, topics
from schemas.outbound import AssetChanged, AssetState, Opportunity, SystemOperatorNotice
from schemas.participants import Participants
from schemas.records.assets import AssetHistoryRow, AssetRow
from schemas.records.claims import SourceClaimRow
from schemas.records.decisions import ReviewItemRow
from schemas.records.journal import InboxRow, QuarantineRow
from schemas.records.outbound import FeedRow, OutboxRow, ReceiptRow
from schemas.records.record import Record
from schemas.records.sightings import MembershipRow, SightingKeyRow, SightingRow
from tests.support import door, people
from tests.support.notifications import T0

REGISTER = (
    "asset, asset_history, sighting, sighting_key, membership, source_claim, connection_unit, due_clock, receipt,"
    " outbox, feed, inbox, quarantine, watermark, ruling, meter_point_word,"
    " review_item"
)
"""The tables that messages fill."""
RecordT = TypeVar("RecordT", bound=Record)
MessageT = TypeVar("MessageT", bound=BaseModel)


async def put(
    engine: Engine,
    entries: Sequence[JournalEntry],
    directory: Directory | None = None,
    now: datetime = T0,
    *,
    tell_all: bool = False,
) -> Outcome:
    """Registers one batch in a transaction of its own."""
    keys = await vault(engine)
    async with transaction(engine) as connection:
        everybody = directory or people.directory()
        return await register(connection, entries, everybody, "evidence_only", keys, now, tell_all=tell_all)


async def vault(engine: Engine) -> Vault:
    """The keys of the audit log, as a worker of the tests has them."""
    made = Vault(door.SECRET)
    await made.start(engine)
    return made


async def seed(engine: Engine, file: Participants) -> None:
    """Puts more participants, keys or consents into the tables."""
    await directories.seed(engine, file, T0)


async def number(engine: Engine, limit: int = 1000) -> int:
    async with transaction(engine) as connection:
        return len(await outbox.number(connection, limit))


async def rows(engine: Engine, table: Table, record: type[RecordT], *order: str) -> list[RecordT]:
    async with transaction(engine) as connection:
        found = await connection.execute(select(table).order_by(*(table.c[name] for name in order)))
        return [record.model_validate(row) for row in found]


async def all_assets(engine: Engine) -> list[AssetRow]:
    """Those that have turned out to be others among them."""
    return await rows(engine, tables.asset, AssetRow, "asset_id")


async def assets(engine: Engine) -> list[AssetRow]:
    return [row for row in await all_assets(engine) if row.merged_into is None]


async def states(engine: Engine) -> list[AssetState]:
    return [AssetState.model_validate(row.state) for row in await assets(engine)]


async def all_states(engine: Engine) -> list[AssetState]:
    """Those of assets that have turned out to be others among them."""
    return [AssetState.model_validate(row.state) for row in await all_assets(engine)]


async def state(engine: Engine) -> AssetState:
    """The only asset there is."""
    (found,) = await states(engine)
    return found


async def history(engine: Engine) -> list[AssetHistoryRow]:
    return await rows(engine, tables.asset_history, AssetHistoryRow, "asset_id", "version")


async def claims(engine: Engine) -> list[SourceClaimRow]:
    return await rows(engine, tables.source_claim, SourceClaimRow, "claim_id")


async def sightings(engine: Engine) -> list[SightingRow]:
    return await rows(engine, tables.sighting, SightingRow, "source", "reference")


async def memberships(engine: Engine) -> list[MembershipRow]:
    return await rows(engine, tables.membership, MembershipRow, "membership_id")


async def keys(engine: Engine) -> list[SightingKeyRow]:
    return await rows(engine, tables.sighting_key, SightingKeyRow, *SightingKeyRow.model_fields)


async def inbox(engine: Engine) -> list[InboxRow]:
    return await rows(engine, tables.inbox, InboxRow, "journal_partition", "journal_offset")


async def quarantine(engine: Engine) -> list[QuarantineRow]:
    return await rows(engine, tables.quarantine, QuarantineRow, "quarantine_id")


async def feeds(engine: Engine) -> dict[str, int]:
    return {row.topic: row.last_seq for row in await rows(engine, tables.feed, FeedRow, "topic")}


async def receipts(engine: Engine) -> dict[str, ReceiptRow]:
    """Receipts by their message's id."""
    return {row.message_id: row for row in await rows(engine, tables.receipt, ReceiptRow, "message_id")}


async def outgoing(engine: Engine) -> list[OutboxRow]:
    return await rows(engine, tables.outbox, OutboxRow, "outbox_id")


async def _sent(engine: Engine, topic: str, shape: type[MessageT]) -> list[MessageT]:
    return [avro.decode(row.value, shape) for row in await outgoing(engine) if row.topic == topic]


async def changes(engine: Engine) -> list[AssetChanged]:
    return await _sent(engine, topics.CHANGES, AssetChanged)


async def notices(engine: Engine, operator: str) -> list[SystemOperatorNotice]:
    return await _sent(engine, topics.system_operator_topic(operator), SystemOperatorNotice)


async def opportunities(engine: Engine, fsp: str) -> list[Opportunity]:
    return await _sent(engine, topics.fsp_topic(fsp), Opportunity)


async def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """All that a batch writes, to compare the register before and after."""
    names = (
        "asset",
        "asset_history",
        "sighting",
        "sighting_key",
        "membership",
        "dispute",
        "dispute_message",
        "connection_unit",
        "due_clock",
        "source_claim",
        "claim_repeat",
        "former_operator",
        "receipt",
        "outbox",
        "inbox",
        "quarantine",
        "feed",
        "ruling",
        "review_item",
    )
    found = {}
    async with transaction(engine) as connection:
        for name in names:
            rows = await connection.execute(text(f"SELECT t.* FROM {name} t ORDER BY t::text"))  # noqa: S608 - names above
            found[name] = [dict(row._mapping) for row in rows]
    return found


async def review_items(engine: Engine) -> list[ReviewItemRow]:
    return await rows(engine, tables.review_item, ReviewItemRow, "opened_at", "item_id")


async def run(engine: Engine, statement: str, **values: Any) -> None:
    """A change that the hub would never make; values are those that the statement names."""
    async with transaction(engine) as connection:
        done = await connection.execute(text(statement), {n: v for n, v in values.items() if f":{n}" in statement})
        assert done.rowcount != 0, f"there is nothing to change: {statement}"


async def copies(engine: Engine, *names: str) -> None:
    """Keeps tables as they are now, for `put_back`."""
    for name in names:
        await run(engine, f"CREATE TABLE kept_{name} AS TABLE {name}")


async def put_back(engine: Engine, *names: str) -> None:
    """Makes tables what they were when they were copied."""
    for name in names:
        await run(engine, f"DELETE FROM {name}")  # noqa: S608 - a table's name
        await run(engine, f"INSERT INTO {name} SELECT * FROM kept_{name}")  # noqa: S608 - the same
