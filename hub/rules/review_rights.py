"""Who may decide what: the table `review_rights.csv`, applied to what is known of the devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from schemas.reference import load
from schemas.reference.review import EVERYTHING, NOTHING, OWN_AREA, OWN_REFERENCES, review_rights
from schemas.vocabulary import ParticipantKind


class Standing(Enum):
    """`OPEN` while too little is known of the devices to say whether the decision is one for this participant."""

    ALLOWED = "allowed"
    OPEN = "open"
    DENIED = "denied"


@dataclass(frozen=True)
class Decider:
    """Whose decision it is; `operator_codes` are those of the networks that it runs."""

    participant: str
    kind: ParticipantKind
    operator_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One device of a decision: whose reference it is, and the operators of its meter points, each if known."""

    source: str | None = None
    operators: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """Whether the decision counts, by which rule, and what to tell where it does not."""

    standing: Standing
    rule_id: str
    sentence: str


def may_decide(decider: Decider, question: str, sides: Sequence[Side]) -> Answer:
    """A function of the devices' facts alone, so that it comes out the same in any order of arrival."""
    right = review_rights().get((decider.kind, question))
    if right is None:
        return Answer(
            Standing.DENIED, "REV-NO_RIGHT", f"A participant of the kind {decider.kind} decides nothing here."
        )
    return Answer(_standing(right.scope, decider, sides), right.rule_id, right.sentence)


def _standing(scope: str, decider: Decider, sides: Sequence[Side]) -> Standing:
    if scope == EVERYTHING:
        return Standing.ALLOWED
    if scope == OWN_REFERENCES:
        return _all([side.source == decider.participant for side in sides if side.source is not None], len(sides))
    if scope == OWN_AREA:
        # What one side does not say of its place, the other may: a maker's cloud seldom knows the meter point.
        own = [bool(side.operators & {*decider.operator_codes}) for side in sides if side.operators]
        return _all(own, 1)
    return Standing.DENIED


def _all(found: Sequence[bool], needed: int) -> Standing:
    if not all(found):
        return Standing.DENIED
    return Standing.ALLOWED if len(found) >= needed else Standing.OPEN


def decides_anything(kind: ParticipantKind) -> bool:
    """Whether there is any question that a kind of participant may decide."""
    return any(right.scope != NOTHING for (of, _), right in review_rights().items() if of == kind)


def operators_of(*mpans: str | None) -> frozenset[str]:
    """The codes of the operators whose meter points these are, by their first two digits."""
    known = (load.distributors().get(mpan[:2]) for mpan in mpans if mpan is not None)
    return frozenset(distributor.operator_code for distributor in known if distributor is not None)
