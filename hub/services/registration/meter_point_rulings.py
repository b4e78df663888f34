"""Stage: a person with the right to it names the meter point of a device."""

from dataclasses import dataclass, replace
from datetime import datetime

from hub.clock import london_date
from hub.rules import meter_point
from hub.rules.claims import Claim, Decision
from hub.rules.matching import policy as matching_policy
from hub.rules.matching.sighting import SightingId
from hub.rules.meter_point_facts import SuppliedLocation
from hub.rules.meter_point_words import Word
from hub.rules.review_rights import Side, Standing, may_decide, operators_of
from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import conflicts, match, neighbours, resolve, stored, view, write
from hub.services.registration.conflicts import Effect
from hub.services.registration.decided import side_of
from hub.services.registration.entry import JournalEntry
from hub.services.registration.match import Placement
from hub.services.registration.neighbours import Neighbours
from hub.services.registration.overlay import Overlay
from hub.services.registration.rulings import Refused, decider, disputes_beside, lock_keys, stale, without_effect
from registry_store import locks, rulings
from registry_store.engine import Connection
from schemas.asset import Location
from schemas.decisions import MeterPointDecided
from schemas.identifiers import parse_mpan
from schemas.records import MeterPointWordRow
from schemas.reference.review import METER_POINT
from schemas.vocabulary import DedupeOutcome, ReceiptOutcome

_WAITS = "The decision is kept, and counts as soon as the device is registered."
_OVERTAKEN = "A later decision about this device's meter point counts; decide anew if it is wrong."
_NO_ASSET = "No asset has this id; name the device by source and sender_asset_ref."
_NAMED = "The asset is at the meter point that you have named."


@dataclass(frozen=True)
class _Case:
    """One decision with what it depends on."""

    connection: Connection
    entry: JournalEntry
    notice: MeterPointDecided
    claim: Claim
    around: Neighbours
    now: datetime
    beside: Overlay


async def register(
    connection: Connection,
    entry: JournalEntry,
    notice: MeterPointDecided,
    directory: Directory,
    policy: Policy,
    now: datetime,
) -> tuple[write.Changes, Overlay]:
    """Gives one decision its effect, in the caller's transaction; the disputes over the asset that it is about."""
    await locks.take(connection, lock_keys(notice.names))
    around = await neighbours.load(connection, matching_policy.shipped(), (), (), notice.names)
    claim = match.draft(entry, None, directory)
    beside = await disputes_beside(connection, around)
    case = _Case(connection, entry, notice, claim, around, now, beside)
    changes = write.Changes(directory, now, around)
    refused = await _refusal(case, directory)
    if refused is not None:
        changes.add(without_effect(entry, claim, ReceiptOutcome.REFUSED, refused.sentence, refused.code))
    else:
        changes.add(await _said(case, policy))
    await write.write(connection, changes)
    return changes, beside


async def _refusal(case: _Case, directory: Directory) -> Refused | None:
    notice = case.notice
    for text in (notice.import_mpan, notice.export_mpan):
        if text is not None and (parsed := parse_mpan(text)).core is None:
            return Refused("payload_invalid", parsed.sentence or "This is no MPAN; check its 13 digits.")
    if notice.asset.asset_id is not None and case.around.decided.known(notice.asset.name) is None:
        return Refused("no_asset", _NO_ASSET)
    sides = [Side(None, operators_of(*_cores(notice)))]
    if (sighting := case.around.decided.known(notice.asset.name)) is not None:
        sides.append(side_of(sighting))
    answer = may_decide(decider(case.claim, directory), METER_POINT, sides)
    if answer.standing is not Standing.ALLOWED:
        return Refused(answer.rule_id, answer.sentence)
    return await stale(case.connection, notice.asset, case.around)


def _cores(notice: MeterPointDecided) -> tuple[str | None, str | None]:
    return parse_mpan(notice.import_mpan).core, parse_mpan(notice.export_mpan).core


async def _said(case: _Case, policy: Policy) -> Effect:
    sighting = case.around.decided.known(case.notice.asset.name)
    source, reference = sighting.id if sighting is not None else case.notice.asset.name
    row = MeterPointWordRow(
        source=source,
        reference=reference,
        participant=case.claim.source,
        decided_at=case.notice.occurred_at,
        message_id=case.claim.message_id,
        word=stored.word_as_json(await _word(case)),
    )
    said = await rulings.words(case.connection, [(source, reference)])
    if any((w.decided_at, w.message_id) > (row.decided_at, row.message_id) for w in said):
        if all(w.participant != row.participant or w.decided_at <= row.decided_at for w in said):
            await rulings.put_word(case.connection, row)
        return without_effect(case.entry, case.claim, ReceiptOutcome.DUPLICATE, _OVERTAKEN)
    await rulings.put_word(case.connection, row)
    if sighting is None:
        return without_effect(case.entry, case.claim, ReceiptOutcome.QUERIED, _WAITS)
    return await _effect(case, sighting.id, policy)


async def _word(case: _Case) -> Word:
    """The registry copy is asked for what else is known of the meter points."""
    imported, exported = _cores(case.notice)
    location = Location(import_mpan=imported, export_mpan=exported)
    places = await resolve.around(case.connection, [location])
    points = places.near(location)
    today = london_date(case.now)
    supplied = SuppliedLocation(import_mpan=imported, export_mpan=exported)
    found = meter_point.resolve(supplied, points, "demand", today, places.links(location, points))
    named = replace(found, import_mpan=imported, export_mpan=exported)
    return Word(case.notice.occurred_at, case.claim.message_id, named)


async def _effect(case: _Case, sighting_id: SightingId, policy: Policy) -> Effect:
    grouping = case.around.grouping_of(sighting_id)
    decision = Decision(DedupeOutcome.NEW, grouping.asset_id, (_NAMED,), own=True)
    claim = replace(case.claim, decision=decision)
    register_view = await view.load(case.connection, [grouping], {}, case.beside)
    change = conflicts.change(grouping, claim, register_view, policy)
    return Effect(case.entry, claim, Placement(decision, (grouping,)), change, outcome=ReceiptOutcome.UPDATED)
