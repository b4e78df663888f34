"""Stage: rulings. What a person's decision about two devices does to the register.

A decision is taken one at a time, in its place in the journal. It counts for as long as no later one says otherwise;
one about devices that nobody has told of yet waits for them.
"""

from uuid import UUID

from hub.rules.claims import Decision
from hub.rules.review_rights import Standing
from hub.services.registration.conflicts import Effect
from hub.services.registration.decided import key_of
from hub.services.registration.decision_cases import Case, Refused
from hub.services.registration.match import Placement
from registry_store import rulings as store
from schemas.decisions import IdentityDecided, IdentityVerdict
from schemas.records.decisions import RulingRow
from schemas.vocabulary import DedupeOutcome, ReceiptOutcome

_WAITS = (
    "The decision is kept, and counts as soon as both devices are registered and it is known that they stand where you"
    " may decide."
)
_OVERTAKEN = "A later decision about these devices counts; decide anew if it is wrong."
_ONE_NAME = "Both names are of one and the same report of a device; name two."


async def rule(case: Case, notice: IdentityDecided) -> Placement | Effect:
    """Every asset that a decision makes another, or why it makes none so."""
    refused = await _refusal(case, notice)
    return case.refused(refused) if refused is not None else await _ruled(case, notice)


async def _refusal(case: Case, notice: IdentityDecided) -> Refused | None:
    decided = case.around.decided
    answer = decided.answer(case.decider, notice.names)
    if answer.standing is Standing.DENIED:
        return Refused(answer.rule_id, answer.sentence)
    one, other = (decided.known(name) for name in notice.names)
    if one is not None and other is not None and one.id == other.id:
        return Refused("one_device_named_twice", _ONE_NAME)
    return await case.stale(notice.one) or await case.stale(notice.other)


async def _ruled(case: Case, notice: IdentityDecided) -> Placement | Effect:
    """Notes the decision; every asset that it makes another, or why it makes none so."""
    decided, row = case.around.decided, _row(case, notice)
    before = decided.rows.get(key_of(row))
    if before is not None and (before.decided_at, before.message_id) > (row.decided_at, row.message_id):
        return case.without_effect(ReceiptOutcome.DUPLICATE, _OVERTAKEN)
    await store.put(case.connection, [row])
    groupings, moved = case.around.rule(row)
    if decided.waits(row):
        return case.without_effect(ReceiptOutcome.QUERIED, _WAITS)
    if not decided.counts(row):
        return case.without_effect(ReceiptOutcome.DUPLICATE, _OVERTAKEN)
    sightings = (decided.known(name) for name in notice.names)
    own = [case.around.grouping_of(s.id) for s in sightings if s is not None]
    ids = tuple(g.asset_id for g in own)
    decision = Decision(_OUTCOMES[notice.verdict], ids[0], (_said(notice.verdict, ids),), ids[1:], own=True)
    return Placement(decision, tuple({g.asset_id: g for g in (*own, *groupings)}.values()), moved)


def _row(case: Case, notice: IdentityDecided) -> RulingRow:
    lesser, greater = sorted(notice.names)
    by = case.decider
    return RulingRow(
        source_a=lesser[0],
        reference_a=lesser[1],
        source_b=greater[0],
        reference_b=greater[1],
        participant=by.participant,
        kind=by.kind,
        operator_codes=by.operator_codes,
        verdict=notice.verdict,
        newer="a" if notice.one.name == lesser else "b",
        decided_at=notice.occurred_at,
        message_id=case.claim.message_id,
    )


_OUTCOMES = {
    IdentityVerdict.SAME: DedupeOutcome.EXACT_DUPLICATE,
    IdentityVerdict.DIFFERENT: DedupeOutcome.NEW,
    IdentityVerdict.REPLACEMENT: DedupeOutcome.REPLACEMENT,
    IdentityVerdict.RELATED: DedupeOutcome.RELATED_NOT_SAME,
}


def _said(verdict: IdentityVerdict, ids: tuple[UUID, ...]) -> str:
    one, other = ids
    match verdict:
        case IdentityVerdict.SAME:
            return f"They are one asset now, {one}."
        case IdentityVerdict.DIFFERENT:
            return f"They are two assets, {one} and {other}."
        case IdentityVerdict.REPLACEMENT:
            return f"They are two assets, and {one} took the place of {other}; what was agreed for the place stays."
        case IdentityVerdict.RELATED:
            return f"They are two assets, {one} and {other}, that belong together."
