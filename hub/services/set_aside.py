"""Messages that were set aside: kept, looked at, and sent in again."""

from collections.abc import Sequence
from datetime import datetime

import uuid_utils.compat as uuid

from hub.services.audit import log
from hub.services.audit.log import Draft
from registry_store import outbox, quarantine
from registry_store.engine import Engine, transaction
from registry_store.outbox import Outgoing
from schemas import avro, topics
from schemas.outbound import Receipt
from schemas.participants import HUB
from schemas.records.journal import QuarantineRow
from schemas.vocabulary import Door


async def keep(engine: Engine, rows: Sequence[QuarantineRow], lane: str, now: datetime) -> None:
    """Sets messages aside that a door did not take, and notes those that were not there yet in its lane."""
    async with transaction(engine) as connection:
        new = await quarantine.put(connection, rows)
        await log.append(connection, {lane: [entry(row) for row in new]}, now)


def entry(row: QuarantineRow) -> Draft:
    """The audit entry of a message that is set aside: why, and where it is kept. Its content stays in quarantine."""
    payload = {"quarantine_id": str(row.quarantine_id), "code": row.code, "door": row.door, "detail": row.detail}
    return Draft("set_aside", row.participant or HUB, payload, sender=row.participant, message_id=row.message_id)


async def unreadable(engine: Engine, door: Door, participant: str, value: bytes, lane: str, now: datetime) -> None:
    """Keeps what came through a participant's own channel and is no signed message."""
    row = QuarantineRow(
        quarantine_id=quarantine.id_of(participant, "", "malformed", value),
        door=door,
        participant=participant,
        message_id=None,
        code="malformed",
        detail="This is no SignedMessage in single-object Avro; send it again in that form.",
        fields={},
        envelope=value,
        received_at=now,
        journal_partition=None,
        journal_offset=None,
        released_at=None,
    )
    await keep(engine, [row], lane, now)


async def tell(engine: Engine, receipts: Sequence[Receipt]) -> None:
    """Puts receipts of refused messages into the outbox, where their senders read them."""
    if not receipts:
        return
    async with transaction(engine) as connection:
        await outbox.add(
            connection,
            [
                Outgoing(
                    uuid.uuid7(),
                    topics.RECEIPTS,
                    r.participant.encode(),
                    avro.encode(r),
                    None,
                    None,
                    r.recorded_at,
                )
                for r in receipts
            ],
        )
