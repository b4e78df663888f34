"""What each party of a dispute is told, and how: nobody learns of parties of whom he must not know.

System operators and administrators read all that is said. Everybody else reads his own words and those of the ones who
decide; of other parties he learns what is in dispute, not who they are, nor what is personal in what they say.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date

from hub.rules.days import in_words
from hub.rules.disputes import Said, Ticket
from hub.rules.visibility import visible_to
from schemas.dispute_codes import DisputeOutcome, DisputeRole, DisputeStep, DisputeSubject
from schemas.disputes import DisputeAnswered, DisputeClosed, DisputedField, DisputeRaised, Evidence
from schemas.reference import privacy
from schemas.vocabulary import ClockKind, ParticipantKind

YOU, HUB, ANOTHER = "you", "hub", "another_party"
OVERDUE, WITHDRAW, DECIDE, RAISED = "overdue", "withdraw", "decide", "raised"
_READS_ALL = (ParticipantKind.ADMIN, ParticipantKind.NESO, ParticipantKind.DNO, ParticipantKind.IDNO)
_DECIDERS = frozenset({DisputeRole.ADMINISTRATOR, DisputeRole.OPERATOR})
# The first that a speaker is, in this order, is as what he speaks.
_RANK = (DisputeRole.ADMINISTRATOR, DisputeRole.OPERATOR, DisputeRole.PROVIDER, DisputeRole.SOURCE)
_WORDS = {
    YOU: "you",
    HUB: "the hub",
    ANOTHER: "another party",
    DisputeRole.ADMINISTRATOR: "the administrator",
    DisputeRole.OPERATOR: "a network operator",
    DisputeRole.PROVIDER: "its provider",
    DisputeRole.SOURCE: "one of those who told of it",
}
_SUBJECTS = {
    DisputeSubject.WRONG_FIELDS: "some of what is registered is said to be wrong",
    DisputeSubject.NOT_MINE: "it is said to belong to somebody else's records",
    DisputeSubject.DOES_NOT_EXIST: "it is said not to exist",
    DisputeSubject.WRONG_OWNER: "it is said to be claimed by the wrong party",
    DisputeSubject.WRONG_PLACE: "it is said to stand elsewhere",
    DisputeSubject.DOUBLE: "it is said to be registered twice",
}
_STEPS = {
    DisputeStep.ACKNOWLEDGE: "The dispute about this asset was acknowledged by {by}.",
    DisputeStep.STATEMENT: "A statement in the dispute about this asset was made by {by}.",
    DisputeStep.EVIDENCE: "Evidence in the dispute about this asset was given by {by}.",
    DisputeStep.INVESTIGATE: "The dispute about this asset is being looked into by {by}.",
}


@dataclass(frozen=True)
class Reader:
    """Somebody to whom a ticket is shown: the names under which he speaks, and his kind."""

    names: frozenset[str]
    kind: ParticipantKind

    @property
    def reads_all(self) -> bool:
        return self.kind in _READS_ALL


@dataclass(frozen=True)
class Shown:
    """One message as a reader may see it. `participant` is empty where he may not know who it was."""

    step: str
    said_by: str
    participant: str | None
    sentence: str
    text: str | None
    fields: tuple[DisputedField, ...]
    evidence: tuple[Evidence, ...]


def shown(said: Said, ticket: Ticket, reader: Reader) -> Shown:
    """A message of a ticket as this reader may see it."""
    by = _by(said, reader)
    readable = by == YOU or reader.reads_all or bool(said.roles & _DECIDERS)
    message = said.message
    fields = message.fields if isinstance(message, DisputeRaised) else ()
    own_case = message.source == ticket.raised.message.source
    return Shown(
        step(said, own_case=own_case),
        by,
        message.source if _may_name(said, by, reader) else None,
        sentence(said, _WORDS[by], own_case=own_case),
        _text(said) if readable else None,
        fields if readable else _tellable(fields, visible_to(reader.kind).hidden),
        getattr(message, "evidence", ()) if readable else (),
    )


def step(said: Said, *, own_case: bool) -> str:
    """The name of a step."""
    match said.message:
        case DisputeRaised():
            return RAISED
        case DisputeAnswered(step=found):
            return found.lower()
        case DisputeClosed(outcome=outcome):
            return WITHDRAW if own_case and outcome is DisputeOutcome.NO_ACTION_REQUIRED else DECIDE


def sentence(said: Said, by: str, *, own_case: bool) -> str:
    """What happened, for a person; `by` says who did it in the words for that person."""
    message = said.message
    match message:
        case DisputeRaised():
            return f"A dispute about this asset was raised by {by}: {_SUBJECTS[message.subject]}."
        case DisputeAnswered():
            return _STEPS[message.step].format(by=by)
        case DisputeClosed(outcome=DisputeOutcome.CORRECTED):
            return f"The dispute about this asset was closed by {by}: the register is corrected{_corrected(message)}."
        case DisputeClosed():
            if own_case:
                who = "you" if by == _WORDS[YOU] else "the one who raised it"
                return f"The dispute about this asset was withdrawn by {who}."
            return f"The dispute about this asset was closed by {by}: no action is required."


def reminder(kind: ClockKind, due_on: date) -> str:
    """What the parties are told once a deadline has passed."""
    what, who = ("decided", "decide") if kind is ClockKind.DISPUTE_DECISION else ("acknowledged", "acknowledge")
    return (
        f"The dispute about this asset was to be {what} by {in_words(due_on)} and has not been; the administrator"
        f" or its network operator should {who} it now."
    )


def _by(said: Said, reader: Reader) -> str:
    if said.message.source in reader.names:
        return YOU
    role = next((role for role in _RANK if role in said.roles), DisputeRole.SOURCE)
    return role if reader.reads_all or role in _DECIDERS else ANOTHER


def _may_name(said: Said, by: str, reader: Reader) -> bool:
    """Operators may know a provider, but not who else told of an asset (`visibility_matrix.csv`)."""
    if by == YOU or reader.kind is ParticipantKind.ADMIN or said.roles & _DECIDERS:
        return True
    return reader.reads_all and DisputeRole.PROVIDER in said.roles and "market" not in visible_to(reader.kind).hidden


def _text(said: Said) -> str | None:
    message = said.message
    return message.text if isinstance(message, DisputeAnswered) else message.reason


def _tellable(fields: tuple[DisputedField, ...], hidden: Set[str]) -> tuple[DisputedField, ...]:
    """What is in dispute without what is personal, and without what the reader never sees of the asset."""
    personal = privacy.personal_fields()
    found = []
    for one in fields:
        outer, _, inner = one.field.partition(".")
        if outer in hidden or f"place.{inner}" in hidden:
            continue
        found.append(one.model_copy(update={"right_value": None}) if personal.get(outer, True) else one)
    return tuple(found)


def _corrected(message: DisputeClosed) -> str:
    own = message.correction.model_fields_set if message.correction is not None else set()
    told = {name for name in own if getattr(message.correction, name) not in (None, ())} - {"effective_from"}
    fields = sorted({*message.corrected_fields, *told})
    return f" ({', '.join(fields)})" if fields else ""
