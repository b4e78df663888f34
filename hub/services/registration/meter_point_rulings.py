"""Stage: a person with the right to it names the meter point of a device."""

from dataclasses import replace
from datetime import datetime

from hub.rules.claims import Decision
from hub.rules.matching.sighting import Sighting
from hub.rules.meter_point_facts import Resolution
from hub.rules.meter_point_words import Word, counts, may_name
from hub.rules.review_rights import Side, Standing
from hub.services.registration import stored
from hub.services.registration.conflicts import Effect
from hub.services.registration.decided import side_of
from hub.services.registration.decision_cases import Case, Refused
from hub.services.registration.match import Placement
from registry_store import rulings
from schemas.decisions import MeterPointDecided
from schemas.identifiers import parse_mpan
from schemas.records.decisions import MeterPointWordRow
from schemas.vocabulary import DedupeOutcome, MpanResolution, ReceiptOutcome

_WAITS = "The decision is kept, and counts as soon as the device is registered."
_OVERTAKEN = "A later decision about this device's meter point counts; decide anew if it is wrong."
_NO_ASSET = "No asset has this id; name the device by source and sender_asset_ref."
_NAMED = "The asset is at the meter point that you have named."


async def rule(case: Case, notice: MeterPointDecided, found: Resolution | None) -> Placement | Effect:
    """The asset that a decision makes another, or why it makes none so; `found` is known of the meter points."""
    refused = await _refusal(case, notice)
    return case.refused(refused) if refused is not None else await _said(case, notice, found)


async def _refusal(case: Case, notice: MeterPointDecided) -> Refused | None:
    for text in (notice.import_mpan, notice.export_mpan):
        if text is not None and (parsed := parse_mpan(text)).core is None:
            return Refused("payload_invalid", parsed.sentence or "This is no MPAN; check its 13 digits.")
    sighting = case.around.decided.known(notice.asset.name)
    if notice.asset.asset_id is not None and sighting is None:
        return Refused("no_asset", _NO_ASSET)
    imported, exported = _cores(notice)
    named = Resolution(MpanResolution.SUPPLIED_VERIFIED, import_mpan=imported, export_mpan=exported)
    answer = may_name(case.decider, named, _there(sighting))
    if answer.standing is not Standing.ALLOWED:
        return Refused(answer.rule_id, answer.sentence)
    return await case.stale(notice.asset)


def _there(sighting: Sighting | None) -> list[Side]:
    return [side_of(sighting)] if sighting is not None else []


def _cores(notice: MeterPointDecided) -> tuple[str | None, str | None]:
    return parse_mpan(notice.import_mpan).core, parse_mpan(notice.export_mpan).core


async def _said(case: Case, notice: MeterPointDecided, found: Resolution | None) -> Placement | Effect:
    """Notes the word; the asset that it makes another, or why it makes none so."""
    sighting = case.around.decided.known(notice.asset.name)
    source, reference = sighting.id if sighting is not None else notice.asset.name
    row = MeterPointWordRow(
        source=source,
        reference=reference,
        participant=case.claim.source,
        decided_at=notice.occurred_at,
        message_id=case.claim.message_id,
        word=stored.word_as_json(_word(case, notice, found)),
    )
    later = [w for w in await rulings.words(case.connection, [(source, reference)]) if _order(w) > _order(row)]
    if all(w.participant != row.participant for w in later):
        await rulings.put_word(case.connection, row)
    if any(w.participant == row.participant or counts(stored.word(w), _there(sighting)) for w in later):
        return case.without_effect(ReceiptOutcome.DUPLICATE, _OVERTAKEN)
    if sighting is None:
        return case.without_effect(ReceiptOutcome.QUERIED, _WAITS)
    grouping = case.around.grouping_of(sighting.id)
    return Placement(Decision(DedupeOutcome.NEW, grouping.asset_id, (_NAMED,), own=True), (grouping,))


def _order(row: MeterPointWordRow) -> tuple[datetime, str]:
    return row.decided_at, row.message_id


def _word(case: Case, notice: MeterPointDecided, found: Resolution | None) -> Word:
    imported, exported = _cores(notice)
    known = found or Resolution(MpanResolution.NOT_FOUND)
    named = replace(known, import_mpan=imported, export_mpan=exported)
    return Word(notice.occurred_at, case.claim.message_id, named, case.decider)
