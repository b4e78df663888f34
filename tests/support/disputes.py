"""Disputes as tests tell them: a sound message in a line, with what the test is about as keyword arguments."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hub.rules.disputes import dispute_id
from hub.services.registration.entry import JournalEntry
from registry_store import tables
from registry_store.engine import Engine
from schemas import avro, topics
from schemas.dispute_codes import DisputeOutcome, DisputeStep, DisputeSubject
from schemas.disputes import DisputeAnswered, DisputeClosed, DisputedField, DisputeNotice, DisputeRaised, Evidence
from schemas.records.assets import DueClockRow
from schemas.records.disputes import DisputeMessageRow, DisputeRow
from tests.support import register
from tests.support.notifications import T0, YESTERDAY

TICKET = UUID(int=5)
PAPER = Evidence(reference="file 12 of the installer", sha256="ab" * 32)
WRONG_RATING = DisputedField(field="rated_capacity_kw", right_value="3.68")


def a_dispute(sender: str = "installer-1", **told: Any) -> DisputeRaised:
    """The installer says that the rating of its battery is wrong."""
    facts: dict[str, Any] = {
        "sender": sender,
        "occurred_at": YESTERDAY + timedelta(hours=4),
        "subject": DisputeSubject.WRONG_FIELDS,
        "fields": (WRONG_RATING,),
        "reason": "The plate says 3.68 kW.",
        "evidence": (PAPER,),
    }
    if "asset_id" not in told:
        facts["own_reference"] = "battery-1"
    return DisputeRaised(**(facts | told))


def an_answer(
    ticket: UUID = TICKET, step: DisputeStep = DisputeStep.ACKNOWLEDGE, sender: str = "admin", **told: Any
) -> DisputeAnswered:
    facts: dict[str, Any] = {
        "sender": sender,
        "occurred_at": YESTERDAY + timedelta(hours=5),
        "dispute_id": ticket,
        "step": step,
        "text": "We have read it.",
        "evidence": (PAPER,) if step is DisputeStep.EVIDENCE else (),
    }
    return DisputeAnswered(**(facts | told))


def a_closing(
    ticket: UUID = TICKET,
    outcome: DisputeOutcome = DisputeOutcome.NO_ACTION_REQUIRED,
    sender: str = "admin",
    **told: Any,
) -> DisputeClosed:
    facts: dict[str, Any] = {
        "sender": sender,
        "occurred_at": YESTERDAY + timedelta(hours=6),
        "dispute_id": ticket,
        "outcome": outcome,
        "reason": "The plate was looked at.",
    }
    return DisputeClosed(**(facts | told))


def ticket_of(entry: JournalEntry) -> UUID:
    """The id of the ticket that a message opens."""
    return dispute_id(entry.sender, entry.message.id)


async def tickets(engine: Engine) -> list[DisputeRow]:
    return await register.rows(engine, tables.dispute, DisputeRow, "raised_at", "dispute_id")


async def ticket(engine: Engine) -> DisputeRow:
    """The only ticket there is."""
    (found,) = await tickets(engine)
    return found


async def messages(engine: Engine) -> list[DisputeMessageRow]:
    return await register.rows(engine, tables.dispute_message, DisputeMessageRow, "sender", "message_id")


async def clocks(engine: Engine) -> list[DueClockRow]:
    return await register.rows(engine, tables.due_clock, DueClockRow, "source", "kind")


async def notices(engine: Engine, participant: str | None = None) -> list[DisputeNotice]:
    """What was told of disputes, to one participant or to everybody."""
    found = [avro.decode(r.value, DisputeNotice) for r in await register.outgoing(engine) if r.topic == topics.DISPUTES]
    return [n for n in found if participant in (None, n.participant)]


LATER = T0 + timedelta(days=40)
