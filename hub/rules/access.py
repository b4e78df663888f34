"""Who may do what with which rows: one decision in front of every route."""

from dataclasses import dataclass, replace
from enum import StrEnum

from hub.rules.visibility import Visibility, reads_whole_log, visible_to
from schemas.vocabulary import ParticipantKind


class Action(StrEnum):
    READ = "read"
    SEND = "send"


class Object(StrEnum):
    ASSET = "asset"
    HISTORY = "history"
    CHANGE = "change"
    RECEIPT = "receipt"
    AUDIT = "audit"
    DISPUTE = "dispute"
    NOTIFICATION = "notification"
    SERVICE = "service"


@dataclass(frozen=True)
class Principal:
    """Who asks: a participant, and for whom it may speak besides itself."""

    participant: str
    kind: ParticipantKind
    operator_codes: tuple[str, ...] = ()
    speaks_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowFilter:
    """Which assets a reader may see. The parts are alternatives; none of them means nothing."""

    everything: bool = False
    operator_codes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    fsps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """The action is allowed, on these rows, with these fields. `whole_log`: every entry of the audit log."""

    participant: str | None
    rows: RowFilter
    visibility: Visibility
    kind: ParticipantKind | None = None
    whole_log: bool = False


@dataclass(frozen=True)
class Denial:
    """The action is not allowed: 401 where nobody is known to ask, 403 where somebody may not."""

    status: int
    reason: str


# What anybody may do without a token. A notification is authenticated by its own signature, not by a token.
_OPEN = frozenset({(Action.READ, Object.SERVICE), (Action.SEND, Object.NOTIFICATION)})


def authorise(principal: Principal | None, action: Action, on: Object) -> Grant | Denial:
    """The decision, with the row filter that the store applies.

    Operators see their areas, NESO the whole of GB, senders what they told, providers what they have consent for.
    """
    if (action, on) in _OPEN:
        return Grant(principal.participant if principal else None, RowFilter(), Visibility())
    if principal is None:
        return Denial(401, "give a participant's read token: Authorization: Bearer <token>")
    if action is not Action.READ and on is not Object.DISPUTE:
        return Denial(403, f"{principal.kind} may not {action} {on}")
    rows = _in_own_name(principal) if on is Object.DISPUTE else _rows(principal)
    visibility = visible_to(principal.kind)
    if principal.kind in (ParticipantKind.FSP, ParticipantKind.PLATFORM):
        visibility = replace(visibility, only_providers=frozenset(rows.fsps))
    whole_log = on is Object.AUDIT and reads_whole_log(principal.kind)
    return Grant(principal.participant, rows, visibility, principal.kind, whole_log)


def _in_own_name(principal: Principal) -> RowFilter:
    """A dispute is its parties' business, whatever assets somebody may see besides."""
    own = (principal.participant, *principal.speaks_for)
    return RowFilter(everything=principal.kind is ParticipantKind.ADMIN, sources=own)


def _rows(principal: Principal) -> RowFilter:
    own = (principal.participant, *principal.speaks_for)
    match principal.kind:
        case ParticipantKind.ADMIN | ParticipantKind.NESO:
            return RowFilter(everything=True)
        case ParticipantKind.DNO | ParticipantKind.IDNO:
            return RowFilter(operator_codes=principal.operator_codes, sources=own)
        case ParticipantKind.FSP:
            return RowFilter(fsps=own)
        case ParticipantKind.INSTALLER | ParticipantKind.OEM:
            return RowFilter(sources=own)
        case ParticipantKind.PLATFORM:
            # What a platform tells for a provider is that provider's; it sees it while the provider has consent.
            return RowFilter(sources=(principal.participant,), fsps=principal.speaks_for)
        case ParticipantKind.REGULATOR | ParticipantKind.HUB:
            # Aggregates and the audit log are the regulator's business, not single assets; the hub asks nobody.
            return RowFilter()
