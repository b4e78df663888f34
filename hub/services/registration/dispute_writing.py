"""What the stage of disputes writes: versions of assets, tickets, clocks, corrections, receipts, and who is told."""

from collections.abc import Sequence
from uuid import UUID

import uuid_utils.compat as uuid

from hub.rules import disputes as rules
from hub.rules.dispute_deadlines import running
from hub.services.registration import dispute_cases, dispute_notices, forms, stored
from hub.services.registration import write as assets
from hub.services.registration.dispute_cases import Case
from hub.services.registration.dispute_desk import Desk, Step
from registry_store import claims, due_clocks, outbox, receipts
from registry_store import disputes as store
from registry_store.engine import Connection
from registry_store.outbox import Outgoing
from schemas import avro, topics
from schemas.disputes import DisputeNotice, ticket_reference
from schemas.made import made
from schemas.records.assets import DueClockRow
from schemas.records.outbound import ReceiptRow
from schemas.vocabulary import Door


async def write(connection: Connection, desk: Desk, steps: Sequence[Step]) -> None:
    """All of it in the batch's own transaction."""
    cases = [desk.cases[dispute_id] for dispute_id in sorted(desk.cases)]
    effects = [step.effect for step in steps if step.effect is not None]
    outgoing = await assets.write_assets(connection, assets.caused(effects), desk.directory, desk.now)
    await claims.add(connection, [stored.to_row(claim, desk.now) for claim in desk.corrections])
    rows = [case.row for case in cases if case.row is not None]
    await store.put(connection, rows, [m for case in cases for m in case.message_rows(case.ticket())])
    await due_clocks.replace(connection, sorted(_clock_name(r.raised_by, r.dispute_id) for r in rows), _clocks(cases))
    given = [receipt for step in steps for receipt in dispute_notices.receipts(step)]
    await receipts.put(connection, [made(ReceiptRow, **vars(r)) for r in given])
    outgoing += [_outgoing(notice) for step in steps for notice in step.told]
    awaited = {e.entry.key for e in effects if e.entry.door not in (Door.WEBHOOK, Door.HUB)}
    outgoing += [assets.receipt_message(r, desk.now) for r in given if (r.participant, r.message_id) in awaited]
    await outbox.add(connection, outgoing)


def _clock_name(raised_by: str, dispute_id: UUID) -> tuple[str, str]:
    return raised_by, ticket_reference(dispute_id)


def _clocks(cases: Sequence[Case]) -> list[DueClockRow]:
    """What is still to be done of tickets in force, under the reference of each ticket."""
    found = []
    for case in cases:
        ticket, due = case.ticket(), dispute_cases.deadlines_of(case.row) if case.row is not None else None
        if ticket is None or due is None or case.row is None or not rules.is_in_force(ticket):
            continue
        name = _clock_name(case.row.raised_by, case.dispute_id)
        found += [forms.clock_row(name, clock) for clock in running(ticket, due)]
    return found


def _outgoing(notice: DisputeNotice) -> Outgoing:
    key, value = notice.participant.encode(), avro.encode(notice)
    return Outgoing(uuid.uuid7(), topics.DISPUTES, key, value, notice.asset_id, notice.version, notice.recorded_at)
