"""A dispute's ticket: a function of its messages, whatever the order in which they arrive.

Its messages are put in the order in which they were said, its raising first. What somebody may not do is refused with
a sentence and stays in the ticket without an effect. The first valid word that closes it ends it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from hub.clock import london_date
from hub.rules.days import in_words
from schemas.dispute_codes import DisputeAction, DisputeOutcome, DisputeRole, DisputeStatus, DisputeStep
from schemas.disputes import DisputeAnswered, DisputeClosed, DisputeRaised
from schemas.reference import disputes as reference
from schemas.vocabulary import ParticipantKind

Message = DisputeRaised | DisputeAnswered | DisputeClosed
Key = tuple[str, str]
"""A sender and its message id."""

_NAMESPACE = UUID("5d0c2f3e-6f0b-5a52-9d5e-0f6f1b7c9a11")
_OPEN_STATES = (DisputeStatus.OPEN, DisputeStatus.ACKNOWLEDGED, DisputeStatus.INVESTIGATING)
_REACHED = {DisputeStep.ACKNOWLEDGE: DisputeStatus.ACKNOWLEDGED, DisputeStep.INVESTIGATE: DisputeStatus.INVESTIGATING}
_WHO = {
    DisputeRole.SOURCE: "those who told of the asset",
    DisputeRole.PROVIDER: "its provider",
    DisputeRole.OPERATOR: "a network operator whom it concerns",
    DisputeRole.ADMINISTRATOR: "the administrator",
}
_DOING = {
    DisputeAction.RAISE: "raise a dispute about an asset",
    DisputeAction.ACKNOWLEDGE: "acknowledge a dispute",
    DisputeAction.STATEMENT: "make a statement in a dispute",
    DisputeAction.EVIDENCE: "give evidence in a dispute",
    DisputeAction.INVESTIGATE: "say that a dispute is being looked into",
    DisputeAction.DECIDE: "close a dispute",
    DisputeAction.CORRECT: "close a dispute with a correction of his own",
    DisputeAction.WITHDRAW: "withdraw a dispute",
}


def dispute_id(sender: str, message_id: str) -> UUID:
    """The id of the ticket that a message opens: the same whenever the journal is read again."""
    return uuid5(_NAMESPACE, f"{sender}\x1f{message_id}")


@dataclass(frozen=True)
class Concerned:
    """Whom an asset concerns now: participants that told of it, that run its networks, and its provider in control."""

    sources: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    provider: str | None = None

    def parties(self) -> dict[str, frozenset[DisputeRole]]:
        """Everybody by name, with what he is to the asset."""
        names = {*self.sources, *self.operators, *([self.provider] if self.provider else [])}
        return {name: self._roles(name) for name in sorted(names)}

    def _roles(self, name: str) -> frozenset[DisputeRole]:
        found = {
            DisputeRole.SOURCE: name in self.sources,
            DisputeRole.OPERATOR: name in self.operators,
            DisputeRole.PROVIDER: name == self.provider,
        }
        return frozenset(role for role, has in found.items() if has)


Parties = Mapping[str, frozenset[DisputeRole]]


def joined(before: Parties, now: Parties) -> dict[str, frozenset[DisputeRole]]:
    """The parties of a ticket: all whom the asset has concerned since it was raised. Nobody ceases to be one."""
    return {name: before.get(name, frozenset()) | now.get(name, frozenset()) for name in sorted({*before, *now})}


def roles_of(participant: str, kind: ParticipantKind | None, parties: Parties) -> frozenset[DisputeRole]:
    """What a participant is to an asset; NESO operates everywhere, an administrator has to do with all."""
    own = parties.get(participant, frozenset())
    if kind is ParticipantKind.ADMIN:
        return own | {DisputeRole.ADMINISTRATOR}
    return own | {DisputeRole.OPERATOR} if kind is ParticipantKind.NESO else own


@dataclass(frozen=True)
class Said:
    """One message of a ticket, with what its speaker was to the asset when it was taken in."""

    message: Message
    sender: str
    message_id: str
    received_at: datetime
    roles: frozenset[DisputeRole]

    @property
    def key(self) -> Key:
        return self.sender, self.message_id

    @property
    def order(self) -> tuple[bool, datetime, Key]:
        return not isinstance(self.message, DisputeRaised), self.message.occurred_at, self.key


@dataclass(frozen=True)
class Ticket:
    """How a dispute stands. `taken` are the messages with an effect, in their order; `refused` say why not."""

    raised: Said
    status: DisputeStatus
    taken: tuple[Said, ...]
    refused: Mapping[Key, str] = field(default_factory=dict)
    closed: Said | None = None
    unheard: tuple[Said, ...] = ()
    """Messages that were refused."""

    @property
    def acknowledged_at(self) -> datetime | None:
        """When the hub first heard that somebody has the dispute in hand, or that it is over."""
        return min((s.received_at for s in self.taken if _takes_in_hand(s)), default=None)


def fold(said: Iterable[Said]) -> Ticket | None:
    """The ticket that these messages make; nothing while none of them raises it."""
    ordered = sorted(said, key=lambda s: s.order)
    if not ordered or not isinstance(ordered[0].message, DisputeRaised):
        return None
    raised = ordered[0]
    status, closed = DisputeStatus.OPEN, None
    taken: list[Said] = []
    refused: dict[Key, str] = {}
    for one in ordered:
        why = refusal(one, raised, closed)
        if why is None and raised.key in refused:
            why = "The dispute was not taken up, so there is nothing to add to it."
        if why is not None:
            refused[one.key] = why
            continue
        taken.append(one)
        status = _after(status, one.message)
        closed = one if isinstance(one.message, DisputeClosed) else closed
    unheard = tuple(one for one in ordered if one.key in refused)
    return Ticket(raised, status, tuple(taken), refused, closed, unheard)


def is_in_force(ticket: Ticket) -> bool:
    """Whether it was raised by somebody who may."""
    return ticket.raised.key not in ticket.refused


def refusal(one: Said, raised: Said, closed: Said | None) -> str | None:
    """Why a message has no effect, in a sentence for the one who sent it; nothing where it has one."""
    if closed is not None:
        day = in_words(london_date(closed.message.occurred_at))
        return f"The dispute was closed on {day} and stays closed; raise a new one if something is still wrong."
    own_case = one.message.source == raised.message.source
    for action in actions(one.message, own_case=own_case):
        if not may(one.roles, action, one.received_at, own_case=own_case):
            return _not_allowed(one.roles, action, one.received_at, own_case=own_case)
    return None


def actions(message: Message, *, own_case: bool) -> tuple[DisputeAction, ...]:
    """What a message does, each of which needs a right."""
    match message:
        case DisputeRaised():
            return (DisputeAction.RAISE,)
        case DisputeAnswered():
            return (DisputeAction(message.step.lower()),)
        case DisputeClosed():
            if own_case and message.outcome is DisputeOutcome.NO_ACTION_REQUIRED:
                return (DisputeAction.WITHDRAW,)
            more = (DisputeAction.CORRECT,) if message.correction is not None else ()
            return (DisputeAction.DECIDE, *more)


def may(roles: frozenset[DisputeRole], action: DisputeAction, at: datetime, *, own_case: bool) -> bool:
    """Whether the table of rights lets one of these roles do it on that day."""
    return any(
        right.role in roles and right.period.holds(london_date(at)) and (right.own_case or not own_case)
        for right in reference.rights()[action]
    )


def _not_allowed(roles: frozenset[DisputeRole], action: DisputeAction, at: datetime, *, own_case: bool) -> str:
    if own_case and may(roles, action, at, own_case=False):
        return (
            "You raised this dispute, so somebody else decides it; you may withdraw it by closing it with"
            " NO_ACTION_REQUIRED."
        )
    allowed = [r.role for r in reference.rights()[action] if r.period.holds(london_date(at))]
    who = [words for role, words in _WHO.items() if role in allowed]
    if not who:
        return f"At present nobody may {_DOING[action]}; ask the administrator."
    return f"Only {_listed(who)} may {_DOING[action]}, and you are none of them."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _after(status: DisputeStatus, message: Message) -> DisputeStatus:
    """It only goes forward: who acknowledges what is being looked into already does not set it back."""
    if isinstance(message, DisputeClosed):
        return DisputeStatus(message.outcome)
    reached = _REACHED.get(message.step, status) if isinstance(message, DisputeAnswered) else status
    return max(status, reached, key=_OPEN_STATES.index)


def _takes_in_hand(one: Said) -> bool:
    return isinstance(one.message, DisputeClosed) or (
        isinstance(one.message, DisputeAnswered) and one.message.step in _REACHED
    )
