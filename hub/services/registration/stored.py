"""Claims and sightings between their rule form and their rows."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from orjson import Fragment
from pydantic import TypeAdapter

from hub.rules.claims import Claim, Decision
from hub.rules.consent import ConsentDecision
from hub.rules.matching.sighting import Key, Sighting, SightingId
from hub.rules.matching.standing import ALONE, Standing
from hub.rules.meter_point_facts import Resolution
from hub.rules.meter_point_words import Word
from schemas import canonical
from schemas.findings import FINDINGS
from schemas.made import made
from schemas.notifications import NOTIFICATIONS
from schemas.records.claims import ClaimRepeatRow, SourceClaimRow
from schemas.records.decisions import MeterPointWordRow
from schemas.records.sightings import SightingKeyRow, SightingRow
from schemas.vocabulary import ParticipantKind

_NOTIFICATIONS = {n.__name__: n for n in (*NOTIFICATIONS, *FINDINGS)}
_RESOLUTION = TypeAdapter(Resolution)
_PERMISSION = TypeAdapter(ConsentDecision)
_DECISION = TypeAdapter(Decision)
_SIGHTING = TypeAdapter(Sighting)
_STANDING = TypeAdapter(Standing)
_WORD = TypeAdapter(Word)


def to_row(claim: Claim, recorded_at: datetime) -> SourceClaimRow:
    notice = claim.notification
    return made(
        SourceClaimRow,
        claim_id=claim.claim_id,
        source=claim.source,
        source_kind=claim.source_kind,
        sender=claim.sender,
        sender_asset_ref=notice.sender_asset_ref,
        message_id=claim.message_id,
        notification=type(notice).__name__,
        occurred_at=notice.occurred_at,
        source_seq=claim.seq,
        said_until=claim.said_until,
        body=claim.said,
        resolution=Fragment(_RESOLUTION.dump_json(claim.resolution)) if claim.resolution else None,
        consent=Fragment(_PERMISSION.dump_json(claim.permission)) if claim.permission else None,
        decision=Fragment(_DECISION.dump_json(claim.decision)),
        received_at=claim.received_at,
        recorded_at=recorded_at,
    )


def from_row(row: SourceClaimRow) -> Claim:
    return Claim(
        claim_id=row.claim_id,
        source=row.source,
        source_kind=ParticipantKind(row.source_kind),
        sender=row.sender,
        message_id=row.message_id,
        notification=_NOTIFICATIONS[row.notification].model_validate(row.body),
        said_until=row.said_until,
        received_at=row.received_at,
        seq=row.source_seq,
        resolution=_RESOLUTION.validate_python(row.resolution) if row.resolution else None,
        permission=_PERMISSION.validate_python(row.consent) if row.consent else None,
        decision=_DECISION.validate_python(row.decision),
    )


def word(row: MeterPointWordRow) -> Word:
    return replace(_WORD.validate_python(row.word), about=(row.source, row.reference))


def word_as_json(said: Word) -> dict[str, Any]:
    found: dict[str, Any] = _WORD.dump_python(said, mode="json")
    return found


def repeat_row(again: Claim, by: Claim, recorded_at: datetime) -> ClaimRepeatRow:
    """That a message says a claim again; `again` is the claim with the message's time and counter."""
    return made(
        ClaimRepeatRow,
        claim_id=again.claim_id,
        sender=by.sender,
        message_id=by.message_id,
        said_until=again.said_until,
        source_seq=again.seq,
        received_at=again.received_at,
        recorded_at=recorded_at,
    )


def sighting(row: SightingRow) -> Sighting:
    return _SIGHTING.validate_python(row.facts)


def standing(row: SightingRow) -> Standing:
    return _STANDING.validate_python(row.standing) if any(row.standing.values()) else ALONE


def sighting_row(found: Sighting, asset_id: UUID, its_standing: Standing) -> SightingRow:
    source, reference = found.id
    return made(
        SightingRow,
        source=source,
        reference=reference,
        own_id=found.own_id,
        asset_id=asset_id,
        # Sets have an order of their own in each process; in a row they have the same one for ever.
        facts=Fragment(canonical.to_json(found)),
        standing=Fragment(_STANDING.dump_json(its_standing)),
    )


def key_rows(sighting_id: SightingId, keys: Iterable[Key]) -> Iterator[SightingKeyRow]:
    source, reference = sighting_id
    for scheme, issuer, value in sorted(keys):
        yield made(SightingKeyRow, scheme=scheme, issuer=issuer, value=value, source=source, reference=reference)
