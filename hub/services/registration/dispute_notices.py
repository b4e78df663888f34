"""Who is told of a step of a dispute, and what: the one who said it by a receipt, the parties by notices.

Operators are told by the notices of their areas, which name every open dispute; whoever is nothing else gets no second.
"""

from collections.abc import Iterator, Sequence, Set

import uuid_utils.compat as uuid

from hub.rules import dispute_telling
from hub.rules.days import in_words
from hub.rules.dispute_telling import HUB, OVERDUE, Reader, Shown
from hub.rules.disputes import Said, Ticket
from hub.services.registration import dispute_cases
from hub.services.registration.conflicts import Effect
from hub.services.registration.dispute_cases import Case
from hub.services.registration.dispute_desk import Desk, Step
from hub.services.registration.overlay import is_overdue
from schemas import participants
from schemas.dispute_codes import DisputeRole
from schemas.disputes import DisputeMessage, DisputeNotice, DisputeRaised
from schemas.findings import ClockRan
from schemas.outbound import AssetState, Receipt
from schemas.records.disputes import DisputeRow
from schemas.vocabulary import ReceiptOutcome


def receipt(desk: Desk, effect: Effect, became: ReceiptOutcome, reasons: tuple[str, ...]) -> Receipt:
    """What became of a message, for its sender."""
    claim, state = effect.claim, effect.own.after if effect.own is not None else None
    notice = claim.notification
    return Receipt(
        participant=claim.sender,
        message_id=claim.message_id,
        outcome=became,
        code="dispute_refused" if became is ReceiptOutcome.REFUSED else None,
        sender_asset_ref=notice.own_reference if isinstance(notice, DisputeRaised) else None,
        asset_id=state.asset_id if state is not None else None,
        version=state.version if state is not None else None,
        reasons=reasons,
        recorded_at=desk.now,
    )


def receipts(step: Step) -> list[Receipt]:
    """Its sender's, and where the hub wrote it down for a person, that person's."""
    if step.receipt is None or step.effect is None:
        return []
    claim = step.effect.claim
    spoken_for = isinstance(claim.notification, DisputeMessage) and claim.sender == participants.HUB
    return [step.receipt, *([step.receipt.model_copy(update={"participant": claim.source})] if spoken_for else [])]


def answer(case: Case, ticket: Ticket) -> tuple[str, ...]:
    """How a ticket stands, for the one who has just said something in it."""
    due = dispute_cases.deadlines_of(case.row) if case.row is not None else None
    if due is None:
        return ()
    if ticket.closed is not None:
        return (f"The dispute {case.dispute_id} is closed.",)
    to_do = f"decided by {in_words(due.decide_by)}"
    if ticket.acknowledged_at is None:
        to_do = f"acknowledged by {in_words(due.acknowledge_by)} and {to_do}"
    return (f"The dispute {case.dispute_id} is open; it is to be {to_do}.",)


def notices(
    desk: Desk, case: Case, ticket: Ticket, new: Sequence[Said], late: Set[str], state: AssetState
) -> tuple[DisputeNotice, ...]:
    """What happened, to all parties; those who have only just become one hear first what it is about."""
    return tuple(
        _notice(case.dispute_id, row, reader, name, dispute_telling.shown(said, ticket, reader), desk, state)
        for row, name, reader in _readers(desk, case)
        for said in ([ticket.raised, *new] if name in late and ticket.closed is None else new)
    )


def reminders(desk: Desk, case: Case, ticket: Ticket, ran: ClockRan, state: AssetState) -> tuple[DisputeNotice, ...]:
    """That a deadline has passed, to all parties."""
    words = dispute_telling.reminder(ran.kind, ran.due_on)
    told = Shown(OVERDUE, HUB, None, words, None, (), ())
    return tuple(
        _notice(case.dispute_id, row, reader, name, told, desk, state) for row, name, reader in _readers(desk, case)
    )


def _readers(desk: Desk, case: Case) -> Iterator[tuple[DisputeRow, str, Reader]]:
    if case.row is None:
        return
    for name, roles in dispute_cases.parties_of(case.row).items():
        member = desk.directory.members.get(name)
        if member is not None and roles != {DisputeRole.OPERATOR}:
            yield case.row, name, Reader(frozenset({name}), member.kind)


def _notice(
    dispute_id: object, row: DisputeRow, reader: Reader, name: str, told: Shown, desk: Desk, state: AssetState
) -> DisputeNotice:
    members = next((g.members for g in desk.groupings.values() if g.asset_id == state.asset_id), ())
    return DisputeNotice.model_validate(
        {
            "notice_id": str(uuid.uuid7()),
            "dispute_id": dispute_id,
            "participant": name,
            "step": told.step,
            "status": row.status,
            "subject": row.subject,
            "asset_id": state.asset_id,
            "version": state.version,
            "your_references": tuple(reference for source, reference in members if source == name),
            "said_by": told.said_by,
            "sentence": told.sentence,
            "text": told.text,
            "fields": told.fields,
            "evidence": told.evidence,
            "acknowledge_by": row.acknowledge_by,
            "decide_by": row.decide_by,
            "overdue": is_overdue(row),
            "recorded_at": desk.now,
        }
    )
