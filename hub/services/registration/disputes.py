"""Stage: disputes. What messages about disputes come to, once the assets of the batch are written.

A ticket takes effect when the asset that it is about is there. From then on every step of it is a version of that
asset, with the step's message as its cause, and all parties are told.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hub.rules import disputes as rules
from hub.rules.claims import Decision
from hub.rules.dispute_deadlines import KINDS, deadlines, done_at
from hub.rules.disputes import Said, Ticket
from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import dispute_cases, dispute_desk, dispute_writing, forms, match
from hub.services.registration import dispute_notices as telling
from hub.services.registration.conflicts import Change, Effect
from hub.services.registration.dispute_cases import Case
from hub.services.registration.dispute_desk import Desk, Step
from hub.services.registration.entry import JournalEntry
from hub.services.registration.evidence import Gather
from hub.services.registration.match import Placement
from hub.services.registration.overlay import Overlay
from registry_store.engine import Connection
from schemas.dispute_codes import DisputeStatus
from schemas.disputes import TICKET, DisputeAnswered, DisputeClosed, DisputeNotice, DisputeRaised
from schemas.findings import ClockRan
from schemas.records.disputes import DisputeRow
from schemas.vocabulary import DedupeOutcome, ReceiptOutcome

_TOLD = Placement(Decision(DedupeOutcome.NEW, None, ()))
_CLOSED = {DisputeStatus.CORRECTED: "dispute_corrected", DisputeStatus.NO_ACTION_REQUIRED: "dispute_no_action"}
WAITS = (
    "What this dispute is about is not registered yet; the message is kept and takes effect once it is."
    " If you gave an id, see that it is the right one."
)
WAITING, REFUSED, CLOCK = "dispute_waiting", "dispute_refused", "dispute_clock"


def apart(entries: Sequence[JournalEntry]) -> tuple[list[JournalEntry], list[JournalEntry]]:
    """Messages about devices, and messages about disputes."""
    return [e for e in entries if not _is_about(e)], [e for e in entries if _is_about(e)]


def _is_about(entry: JournalEntry) -> bool:
    notice = entry.notification
    if isinstance(notice, ClockRan):
        return notice.kind in KINDS
    return isinstance(notice, DisputeRaised | DisputeAnswered | DisputeClosed)


async def register(
    connection: Connection,
    entries: Sequence[JournalEntry],
    beside: Overlay,
    causes: Sequence[JournalEntry],
    directory: Directory,
    policy: Policy,
    now: datetime,
    gather: Gather,
) -> list[Step]:
    """Gives messages about disputes their effect, and tickets what the batch (`causes`) has brought to their assets."""
    there = sorted(row.dispute_id for row in beside.tickets.values() if row.closed_at is None)
    ids = sorted({*there, *map(_dispute_id, entries)})
    if not ids:
        return []
    cases = await dispute_cases.load(connection, ids)
    for entry in entries:
        if isinstance(entry.notification, DisputeRaised | DisputeAnswered | DisputeClosed):
            cases[_dispute_id(entry)].hear(entry, entry.notification)
    desk = await dispute_desk.load(connection, cases, causes[-1], directory, policy, now, gather)
    steps = [_catch_up(desk, cases[i], causes[-1]) for i in there]
    steps += [_take(desk, cases[_dispute_id(entry)], entry) for entry in entries]
    await dispute_writing.write(connection, desk, steps)
    await forms.write(connection, desk.around, desk.view.looked_at.values())
    return steps


def _dispute_id(entry: JournalEntry) -> UUID:
    notice = entry.notification
    if isinstance(notice, ClockRan):
        return UUID(notice.sender_asset_ref.removeprefix(TICKET))
    return dispute_cases.ticket_of(entry)


def _take(desk: Desk, case: Case, entry: JournalEntry) -> Step:
    """One message of the journal."""
    effect = Effect(entry, match.draft(entry, None, desk.kind(entry.notification.source)), _TOLD, None)
    if isinstance(entry.notification, ClockRan):
        return _clock(desk, case, effect, entry.notification)
    case.coming.discard(entry.key)
    before = case.ticket()
    ticket = _judged(desk, case)
    if ticket is None:
        effect = replace(effect, word=WAITING)
        return Step(effect, telling.receipt(desk, effect, ReceiptOutcome.QUERIED, (WAITS,)))
    change, told = _advance(desk, case, before, ticket, entry)
    if (why := ticket.refused.get(entry.key)) is not None:
        effect = replace(effect, word=REFUSED)
        return Step(effect, telling.receipt(desk, effect, ReceiptOutcome.REFUSED, (why,)))
    effect = replace(effect, own=change)
    outcome = ReceiptOutcome.UPDATED if before is not None else ReceiptOutcome.REGISTERED
    return Step(effect, telling.receipt(desk, effect, outcome, telling.answer(case, ticket)), told)


def _catch_up(desk: Desk, case: Case, cause: JournalEntry) -> Step:
    """What the batch has brought to a ticket: the asset that it waited for, or further parties."""
    before = case.ticket()
    ticket = _judged(desk, case)
    if ticket is None:
        return Step()
    change, told = _advance(desk, case, before, ticket, cause)
    if change is None or not change.is_one:
        return Step(told=told)
    raised = ticket.raised
    spoken = replace(cause, notification=raised.message, sender=raised.sender)
    claim = replace(match.draft(spoken, None, desk.kind(spoken.notification.source)), message_id=raised.message_id)
    return Step(Effect(cause, claim, _TOLD, change), told=told)


def _judged(desk: Desk, case: Case) -> Ticket | None:
    """The ticket with everything that has been said by now; nothing while it or its asset is not there."""
    grouping = desk.grouping(case)
    if case.row is None or grouping is None:
        return None
    parties = rules.joined(dispute_cases.parties_of(case.row), desk.parties(desk.view.states[grouping.asset_id]))
    for said in case.unjudged:
        case.judge(said.key, desk.roles(said, parties))
    return case.ticket()


def _advance(
    desk: Desk, case: Case, before: Ticket | None, ticket: Ticket, entry: JournalEntry
) -> tuple[Change | None, tuple[DisputeNotice, ...]]:
    """Brings row, corrections and asset to where the ticket is now, and says who is told of that."""
    row, grouping = case.row, desk.grouping(case)
    if row is None or grouping is None:
        return None, ()
    known = dispute_cases.parties_of(row)
    state = desk.view.states[grouping.asset_id]
    row = dispute_cases.stepped(row, ticket, desk.now)
    if not rules.is_in_force(ticket):
        desk.keep(case, row)
        return None, ()
    parties = rules.joined(known, desk.parties(state))
    due = dispute_cases.deadlines_of(row) or deadlines(row.raised_at, state.place.gsp_group)
    kept = {"acknowledge_by": due.acknowledge_by, "decide_by": due.decide_by, "asset_id": grouping.asset_id}
    desk.keep(case, row.model_copy(update=kept | {"parties": {n: sorted(r) for n, r in parties.items()}}))
    had = {said.key for said in before.taken} if before is not None else set()
    new = [said for said in ticket.taken if said.key not in had]
    for said in new:
        desk.correct(case, said, entry, grouping.asset_id)
    change = desk.composed_anew(grouping)
    change = replace(change, name=_name(ticket, new))
    late = set(parties) - set(known) if before is not None else set()
    return change, telling.notices(desk, case, ticket, new, late, change.after)


def _name(ticket: Ticket, new: Sequence[Said]) -> str:
    if ticket.closed in new:
        return _CLOSED[ticket.status]
    return "disputed" if ticket.raised in new else "dispute_step"


def _clock(desk: Desk, case: Case, effect: Effect, ran: ClockRan) -> Step:
    """A deadline has passed: once the parties are reminded, unless what was due has been done meanwhile."""
    ticket, row, grouping = case.ticket(), case.row, desk.grouping(case)
    effect = replace(effect, word=CLOCK)
    if ticket is None or row is None or grouping is None or not _is_due(ticket, row, ran):
        return Step(effect, telling.receipt(desk, effect, ReceiptOutcome.DUPLICATE, ()))
    desk.keep(case, row.model_copy(update={"reminded": (*row.reminded, ran.kind.value), "updated_at": desk.now}))
    change = replace(desk.composed_anew(grouping), name="dispute_step")
    effect = replace(effect, own=change, word=None)
    reminders = telling.reminders(desk, case, ticket, ran, change.after)
    return Step(effect, telling.receipt(desk, effect, ReceiptOutcome.UPDATED, ()), reminders)


def _is_due(ticket: Ticket, row: DisputeRow, ran: ClockRan) -> bool:
    due = dispute_cases.deadlines_of(row)
    if due is None or ran.kind in row.reminded or not rules.is_in_force(ticket):
        return False
    return due.due_on(ran.kind) == ran.due_on and done_at(ticket, ran.kind) is None
