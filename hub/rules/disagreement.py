"""Conflicts between writers: sources that are believed alike and say different things of a field that matters."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from hub.rules import survivorship
from hub.rules.claims import Told
from schemas.outbound import Concern
from schemas.reference import matching, review
from schemas.reference.review import ReviewField

RULE = "SRC-DISAGREE"


def concerns(told: Sequence[Told]) -> Iterator[Concern]:
    """One for each field; nobody is named, since a provider may not learn who else tells of its asset."""
    if len({t.source for t in told}) < 2:
        return
    for field in review.review_fields().values():
        if any(_contradict(one, other, field) for one, other in combinations(told, 2)):
            sentence = (
                f"Two senders that are believed alike say different things of {field.words}; one of them should look"
                " again and send an update."
            )
            yield Concern(rule_id=RULE, severity="info", sentence=sentence)


def _contradict(one: Told, other: Told, field: ReviewField) -> bool:
    mine, theirs = one.facts.get(field.field), other.facts.get(field.field)
    if mine is None or theirs is None or one.source == other.source:
        return False
    alike = survivorship.rank(field.field, one.source_kind) == survivorship.rank(field.field, other.source_kind)
    return alike and _differ(mine, theirs, field.measure)


def _differ(mine: Any, theirs: Any, measure: str) -> bool:
    if measure == review.CAPACITY:
        return not matching.limits().same_capacity(mine, theirs)
    if measure == review.DAYS:
        return not matching.limits().same_commissioning(mine, theirs)
    return bool(mine != theirs)
