"""By when a dispute is to be acknowledged and decided, and whether that was missed.

Counted in working days of the asset's area from the London day on which the hub received the dispute.
"""

from dataclasses import dataclass
from datetime import date, datetime

from hub.clock import london_date
from hub.rules.disputes import Ticket
from hub.rules.forms import working_days
from hub.rules.forms.clocks import DueClock
from schemas.reference import disputes as reference
from schemas.vocabulary import ClockKind

KINDS = (ClockKind.DISPUTE_ACKNOWLEDGEMENT, ClockKind.DISPUTE_DECISION)


@dataclass(frozen=True)
class Deadlines:
    """The last days allowed. They stay as the parties were told, whatever becomes of the asset's place."""

    acknowledge_by: date
    decide_by: date

    def due_on(self, kind: ClockKind) -> date:
        return self.acknowledge_by if kind is ClockKind.DISPUTE_ACKNOWLEDGEMENT else self.decide_by


def deadlines(received_at: datetime, gsp_group: str | None) -> Deadlines:
    """The deadlines of a dispute that came at a moment about an asset in a GSP group's area, where that is known."""
    day = london_date(received_at)
    counts = (reference.working_days(key, day) for key in reference.DEADLINES)
    return Deadlines(*(working_days.after(day, count, gsp_group).day for count in counts))


def done_at(ticket: Ticket, kind: ClockKind) -> datetime | None:
    """When that was done which is due; nothing while it is not."""
    if kind is ClockKind.DISPUTE_ACKNOWLEDGEMENT:
        return ticket.acknowledged_at
    return ticket.closed.received_at if ticket.closed is not None else None


def missed(ticket: Ticket, due: Deadlines, now: datetime) -> tuple[ClockKind, ...]:
    """What was not done by its day: done later, or not done yet although the day has passed."""
    return tuple(kind for kind in KINDS if london_date(done_at(ticket, kind) or now) > due.due_on(kind))


def overdue(ticket: Ticket, due: Deadlines, now: datetime) -> tuple[ClockKind, ...]:
    """What is late and still to be done."""
    return tuple(kind for kind in missed(ticket, due, now) if done_at(ticket, kind) is None)


def running(ticket: Ticket, due: Deadlines) -> tuple[DueClock, ...]:
    """The clocks of what is still to be done."""
    return tuple(DueClock(kind, due.due_on(kind)) for kind in KINDS if done_at(ticket, kind) is None)
