"""Stage: consent. Whether a provider's claim has the consumer's consent behind it; no answer is no."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from uuid import UUID

from hub.clock import LONDON
from hub.rules import consent
from hub.rules.claims import Claim
from hub.rules.composition import compose
from hub.rules.consent import ConsentDecision, ConsentRecord, ConsentSubject
from hub.rules.meter_point_facts import Resolution
from hub.services.registration.entry import JournalEntry
from registry_store import participants
from registry_store.engine import Connection
from schemas.asset import MarketClaim
from schemas.identifiers import canonical_uprn
from schemas.notifications import AssetCommissioned
from schemas.records import ConsentRow
from schemas.vocabulary import ConsentStatus


async def load(connection: Connection, entries: Sequence[JournalEntry]) -> Mapping[str, ConsentRecord]:
    """The consent records that the batch refers to, by reference."""
    claims = [claim for entry in entries if (claim := _market(entry)) is not None]
    references = sorted({claim.consent_reference for claim in claims if claim.consent_reference is not None})
    return {row.reference: _record(row) for row in await participants.consents(connection, references)}


def decide(
    entry: JournalEntry,
    resolution: Resolution | None,
    records: Mapping[str, ConsentRecord],
    told_by_others: Sequence[Claim],
    now: datetime,
) -> ConsentDecision | None:
    """The decision on a message's claim; nothing where it makes none.

    The consent must be for the home where the asset stands. Where others have told of the asset, their word says
    where that is: a provider could otherwise name the home of any consent that it holds.
    """
    claim = _market(entry)
    if claim is None:
        return None
    if any(isinstance(c.notification, AssetCommissioned) for c in told_by_others):
        place = compose(UUID(int=0), 1, told_by_others, "evidence_only").state.place
        numbers = frozenset(m for m in (place.import_mpan, place.export_mpan) if m is not None)
        record = records.get(claim.consent_reference or "")
        return consent.decide(
            claim.fsp, claim.consent_reference, record, now, ConsentSubject(mpans=numbers, uprn=place.uprn)
        )
    location = getattr(entry.notification, "location", None)
    mpans = {resolution.import_mpan, resolution.export_mpan} if resolution else set()
    subject = ConsentSubject(
        mpans=frozenset(m for m in mpans if m is not None),
        uprn=canonical_uprn(location.uprn).value if location is not None else None,
    )
    record = records.get(claim.consent_reference or "")
    return consent.decide(claim.fsp, claim.consent_reference, record, now, subject if location is not None else None)


def _market(entry: JournalEntry) -> MarketClaim | None:
    return getattr(entry.notification, "market", None)


def _record(row: ConsentRow) -> ConsentRecord:
    return ConsentRecord(
        row.reference,
        row.fsp,
        ConsentStatus(row.status),
        _midnight(row.valid_from),
        _midnight(row.valid_to) if row.valid_to else None,
        mpan=row.import_mpan,
        uprn=row.uprn,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, LONDON)
