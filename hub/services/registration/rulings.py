"""Stage: rulings. What a person's decision about two devices does to the register.

A decision is taken one at a time, in its place in the journal. It counts for as long as no later one says otherwise;
one about devices that nobody has told of yet waits for them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub.rules import preconditions
from hub.rules.claims import Claim, Decision
from hub.rules.review_rights import Decider, Standing
from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import anew
from hub.services.registration.anew import Case
from hub.services.registration.conflicts import Effect
from hub.services.registration.decided import NO_SOURCE, Name, key_of
from hub.services.registration.entry import JournalEntry
from hub.services.registration.match import Placement
from hub.services.registration.neighbours import Neighbours
from hub.services.registration.overlay import Overlay
from hub.services.registration.write import Changes
from registry_store import assets, locks
from registry_store import rulings as store
from registry_store.engine import Connection
from schemas.decisions import IdentityDecided, IdentityVerdict, Named
from schemas.records import RulingRow
from schemas.vocabulary import DedupeOutcome, ReceiptOutcome

_WAITS = (
    "The decision is kept, and counts as soon as both devices are registered and it is known that they stand where you"
    " may decide."
)
_OVERTAKEN = "A later decision about these devices counts; decide anew if it is wrong."
_ONE_NAME = "Both names are of one and the same report of a device; name two."
_NOT_THERE = "The asset whose version you name is not registered; leave expected_version out."


@dataclass(frozen=True)
class Refused:
    """Why a decision is not taken: a code for programs, a sentence for the person."""

    code: str
    sentence: str


async def register(
    connection: Connection,
    entry: JournalEntry,
    notice: IdentityDecided,
    directory: Directory,
    policy: Policy,
    now: datetime,
) -> tuple[Changes, Overlay]:
    """Gives one decision its effect, in the caller's transaction; the disputes over the assets that it is about."""
    await locks.take(connection, lock_keys(notice.names))
    case = await anew.load(connection, entry, notice.names, directory, policy, now)
    refused = await _refusal(case, notice)
    if refused is not None:
        effect = without_effect(entry, case.claim, ReceiptOutcome.REFUSED, refused.sentence, refused.code)
        return await case.without_effect(effect), case.beside
    found = await _ruled(case, notice)
    if isinstance(found, Effect):
        return await case.without_effect(found), case.beside
    return await case.with_effect(found), case.beside


def decider(claim: Claim, directory: Directory) -> Decider:
    """Whose decision a message is, as the directory has the participant now."""
    member = directory.members.get(claim.source)
    return Decider(claim.source, claim.source_kind, member.operator_codes if member else ())


def lock_keys(names: Iterable[Name]) -> Iterator[str]:
    """The same that a notification takes for the device that it tells of."""
    for name in names:
        yield "\x1f".join(("asset" if name[0] == NO_SOURCE else "reference", *name))


def without_effect(
    entry: JournalEntry, claim: Claim, outcome: ReceiptOutcome, sentence: str, code: str | None = None
) -> Effect:
    """The receipt of a decision that changes nothing, or nothing yet."""
    decision = Decision(DedupeOutcome.NEW, None, (sentence,))
    claim = replace(claim, decision=decision)
    return Effect(entry, claim, Placement(decision), None, outcome=outcome, code=code, word=_WORDS.get(outcome))


_WORDS = {ReceiptOutcome.REFUSED: "decision_refused", ReceiptOutcome.DUPLICATE: "decision_overtaken"}
"""What the audit log calls a decision that changes nothing; one that waits is like every other message that does."""


async def stale(connection: Connection, named: Named, around: Neighbours) -> Refused | None:
    """Whether the asset is another than the one that was looked at."""
    if named.expected_version is None:
        return None
    sighting = around.decided.known(named.name)
    present = await assets.by_ids(connection, [around.assets[sighting.id]]) if sighting is not None else []
    if not present:
        return Refused("stale_version", _NOT_THERE)
    found = preconditions.check(preconditions.etag(named.expected_version), present[0].version)
    return None if found is None else Refused(found.code, found.detail)


async def _refusal(case: Case, notice: IdentityDecided) -> Refused | None:
    decided = case.around.decided
    answer = decided.answer(decider(case.claim, case.directory), notice.names)
    if answer.standing is Standing.DENIED:
        return Refused(answer.rule_id, answer.sentence)
    one, other = (decided.known(name) for name in notice.names)
    if one is not None and other is not None and one.id == other.id:
        return Refused("one_device_named_twice", _ONE_NAME)
    return await stale(case.connection, notice.one, case.around) or await stale(
        case.connection, notice.other, case.around
    )


async def _ruled(case: Case, notice: IdentityDecided) -> Placement | Effect:
    """Notes the decision; every asset that it makes another, or why it makes none so."""
    decided, row = case.around.decided, _row(case, notice)
    before = decided.rows.get(key_of(row))
    if before is not None and (before.decided_at, before.message_id) > (row.decided_at, row.message_id):
        return without_effect(case.entry, case.claim, ReceiptOutcome.DUPLICATE, _OVERTAKEN)
    await store.put(case.connection, [row])
    groupings, moved = case.around.rule(row)
    if decided.waits(row):
        return without_effect(case.entry, case.claim, ReceiptOutcome.QUERIED, _WAITS)
    if not decided.counts(row):
        return without_effect(case.entry, case.claim, ReceiptOutcome.DUPLICATE, _OVERTAKEN)
    sightings = (decided.known(name) for name in notice.names)
    own = [case.around.grouping_of(s.id) for s in sightings if s is not None]
    ids = tuple(g.asset_id for g in own)
    decision = Decision(_OUTCOMES[notice.verdict], ids[0], (_said(notice.verdict, ids),), ids[1:], own=True)
    return Placement(decision, tuple({g.asset_id: g for g in (*own, *groupings)}.values()), moved)


def _row(case: Case, notice: IdentityDecided) -> RulingRow:
    lesser, greater = sorted(notice.names)
    by = decider(case.claim, case.directory)
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
