"""What is due by when: telling of a commissioning, of a removal, of the certificate of an installation.

A duty that was met late says by how much. One that nobody has met is a clock: when it runs out, the hub tells itself
so (`ClockRan`), and the asset has a notice from then on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hub.clock import LONDON, london_date
from hub.rules.days import in_words
from hub.rules.forms import working_days
from hub.rules.forms.facts import FormFacts
from hub.rules.market_registration import Registration
from hub.rules.notice import notice
from schemas.outbound import Concern
from schemas.reference import connection
from schemas.vocabulary import ClockKind, ConnectionStatus

ONE_DAY = timedelta(days=1)
MCS, MCS_CERTIFICATE = "mcs", "MCS_CERTIFICATE"


@dataclass(frozen=True)
class DueClock:
    """Something is due by the end of `due_on`."""

    kind: ClockKind
    due_on: date

    @property
    def due_at(self) -> datetime:
        """The moment at which it runs out: the midnight in London that ends the day."""
        return datetime.combine(self.due_on + ONE_DAY, time.min, LONDON)


@dataclass(frozen=True)
class _Duty:
    """One duty: by when, when it was met (None: not yet), and since when the hub can know that it is there."""

    clock: DueClock
    met_on: date | None
    known_on: date
    sure: bool = True

    @property
    def days_late(self) -> int:
        return max((self.met_on - self.clock.due_on).days, 0) if self.met_on is not None else 0

    def is_overdue(self, facts: FormFacts) -> bool:
        """Not met, and the day has passed: its clock ran, or the hub was told of it only afterwards."""
        passed = (self.clock.kind, self.clock.due_on) in facts.ran or self.known_on > self.clock.due_on
        return self.met_on is None and passed


def running(facts: FormFacts) -> tuple[DueClock, ...]:
    """The clocks that an asset has: duties that are neither met nor overdue."""
    return tuple(d.clock for d in _duties(facts) if d.met_on is None and not d.is_overdue(facts))


def of_registration(registration: Registration) -> Iterator[DueClock]:
    """The clocks of a registration that stands: its end where that is told already, the end of its consent."""
    if registration.ended:
        return
    if registration.end is not None:
        yield DueClock(ClockKind.DEREGISTRATION, registration.end.effective_from - ONE_DAY)
    permission = registration.permission
    if permission is not None and permission.market_visible and permission.until is not None:
        yield DueClock(ClockKind.CONSENT, london_date(permission.until) - ONE_DAY)


def notices(facts: FormFacts) -> Iterator[Concern]:
    """What was told late, and what is overdue."""
    for duty in _duties(facts):
        if duty.is_overdue(facts):
            yield _overdue(duty)
        elif duty.days_late:
            yield from _late(duty)


def _duties(facts: FormFacts) -> Iterator[_Duty]:
    category = facts.category
    if category is None or not category.stands:
        return
    if facts.removal_said_on is not None or facts.state.decommissioned_on is not None:
        yield from _removal(facts)
        return
    commissioned = facts.state.commissioning_date
    if commissioned is None or facts.state.connection_status is not ConnectionStatus.CONNECTED:
        return
    if not connection.in_force("notice_through_hub", commissioned):
        return
    due = commissioned + timedelta(days=int(connection.number("commissioning_notice", facts.on)))
    yield _Duty(DueClock(ClockKind.COMMISSIONING_NOTICE, due), facts.told_on, facts.heard_on)
    yield from _certificate(facts, commissioned)


def _removal(facts: FormFacts) -> Iterator[_Duty]:
    """It is met once the removal holds: nobody who is believed as much tells of the asset as standing."""
    removed = facts.state.decommissioned_on or facts.removal_said_on
    told = facts.removal_told_on or facts.heard_on
    if removed is not None and connection.in_force("notice_through_hub", removed):
        due = removed + timedelta(days=int(connection.number("decommissioning_notice", removed)))
        confirmed = told if facts.state.decommissioned_on is not None else None
        yield _Duty(DueClock(ClockKind.DECOMMISSIONING_NOTICE, due), confirmed, told)


def _certificate(facts: FormFacts, commissioned: date) -> Iterator[_Duty]:
    """Only where the installation is said to be under the scheme, which is voluntary, and of a size that it covers."""
    state, category = facts.state, facts.category
    scheme = (state.installer_scheme or "").casefold()
    if category is None or category.mcs is None or scheme != MCS:
        return
    rated = state.rated_capacity_kw
    if rated is not None and rated > connection.number(f"mcs_{category.mcs}", facts.on):
        return
    if any(external.scheme == MCS_CERTIFICATE for external in state.external_ids):
        return
    days = int(connection.number("mcs_certificate", facts.on))
    last = working_days.after(commissioned, days, state.place.gsp_group)
    yield _Duty(DueClock(ClockKind.MCS_CERTIFICATE, last.day), None, facts.heard_on, last.sure)


def _late(duty: _Duty) -> Iterator[Concern]:
    late = f"{duty.days_late} day{'s' if duty.days_late > 1 else ''} late"
    last = in_words(duty.clock.due_on)
    if duty.clock.kind is ClockKind.COMMISSIONING_NOTICE:
        sentence = (
            f"The network operator was to be told of this installation by {last}, and was told {late}; nothing more"
            " is to be done."
        )
        yield notice("FORM-LATE", sentence)
    elif duty.clock.kind is ClockKind.DECOMMISSIONING_NOTICE:
        sentence = (
            f"The network operator was to be told of this removal by {last}, and was told {late}; nothing more is to"
            " be done."
        )
        yield notice("FORM-REMOVAL_LATE", sentence)


def _overdue(duty: _Duty) -> Concern:
    last = in_words(duty.clock.due_on)
    match duty.clock.kind:
        case ClockKind.COMMISSIONING_NOTICE:
            return notice(
                "FORM-OVERDUE",
                f"Its installer was to tell of this installation by {last} and has not; send the commissioning notice"
                " now.",
            )
        case ClockKind.DECOMMISSIONING_NOTICE:
            return notice(
                "FORM-REMOVAL_OVERDUE",
                f"It was told of as removed, and that was to be confirmed by {last}; its installer should say whether"
                " it is gone or stands.",
            )
        case _:
            counted = "" if duty.sure else " at the earliest, bank holidays of that year not being known yet"
            return notice(
                "FORM-MCS_OVERDUE",
                f"The MCS certificate of this installation was due by {last}{counted}; send its number as an"
                " identifier of the installation once there is one.",
            )
