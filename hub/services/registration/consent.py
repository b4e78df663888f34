"""Stage: consent. Whether a provider's claim has the consumer's consent behind it; no answer is no.

The consent service is asked when a claim is made, and again once the last day of a consent has passed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from uuid import UUID

from hub.clock import LONDON
from hub.rules import consent
from hub.rules.account import account
from hub.rules.claims import Claim, fold
from hub.rules.consent import ConsentDecision, ConsentRecord, ConsentSubject
from hub.rules.matching.sighting import SightingId
from hub.services.registration.entry import JournalEntry
from registry_store import participants
from registry_store.engine import Connection
from schemas.asset import MarketClaim
from schemas.findings import ClockRan
from schemas.identifiers import canonical_uprn
from schemas.notifications import AssetCommissioned
from schemas.records.participants import ConsentRow
from schemas.vocabulary import ClockKind, ConsentStatus


async def load(
    connection: Connection, entries: Sequence[JournalEntry], known: Mapping[SightingId, list[Claim]]
) -> Mapping[str, ConsentRecord]:
    """The consent records that the batch refers to, by reference. `known` are the claims from before it."""
    claims = [claim for entry in entries if (claim := _market(entry)) is not None]
    for entry in entries:
        if _asks_again(entry):
            claims += _markets(known.get((entry.notification.source, entry.notification.sender_asset_ref), ()))
    references = sorted({claim.consent_reference for claim in claims if claim.consent_reference is not None})
    return {row.reference: _record(row) for row in await participants.consents(connection, references)}


def decide(
    entry: JournalEntry,
    draft: Claim,
    records: Mapping[str, ConsentRecord],
    told_by_others: Sequence[Claim],
    own: Sequence[Claim],
    now: datetime,
) -> ConsentDecision | None:
    """The decision on a message's claim; nothing where it makes none. `own` is what its source told before.

    The consent must be for the home where the asset stands. Where others have told of the asset, their word says
    where that is: a provider could otherwise name the home of any consent that it holds.
    """
    if _asks_again(entry):
        # The clock that this worker goes by may be behind the one that the day ended by.
        return _again(records, told_by_others, own, max(now, entry.notification.occurred_at))
    claim = _market(entry)
    if claim is None:
        return None
    if any(isinstance(c.notification, AssetCommissioned) for c in told_by_others):
        return _decided(claim, records, _where(told_by_others), now)
    location, resolution = getattr(entry.notification, "location", None), draft.resolution
    mpans = {resolution.import_mpan, resolution.export_mpan} if resolution else set()
    subject = ConsentSubject(
        mpans=frozenset(m for m in mpans if m is not None),
        uprn=canonical_uprn(location.uprn).value if location is not None else None,
    )
    return _decided(claim, records, subject if location is not None else None, now)


def _again(
    records: Mapping[str, ConsentRecord], told_by_others: Sequence[Claim], own: Sequence[Claim], now: datetime
) -> ConsentDecision | None:
    """What the consent service says now of the claim that stands."""
    told = fold(list(own)) if own else None
    if told is None or told.claimed is None:
        return None
    elsewhere = any(isinstance(c.notification, AssetCommissioned) for c in told_by_others)
    return _decided(told.facts["market"], records, _where(told_by_others) if elsewhere else None, now)


def _decided(
    claim: MarketClaim, records: Mapping[str, ConsentRecord], subject: ConsentSubject | None, now: datetime
) -> ConsentDecision:
    return consent.decide(claim.fsp, claim.consent_reference, records.get(claim.consent_reference or ""), now, subject)


def _where(told: Sequence[Claim]) -> ConsentSubject:
    place = account(UUID(int=0), told).state.place
    numbers = frozenset(m for m in (place.import_mpan, place.export_mpan) if m is not None)
    return ConsentSubject(mpans=numbers, uprn=place.uprn)


def _asks_again(entry: JournalEntry) -> bool:
    notice = entry.notification
    return isinstance(notice, ClockRan) and notice.kind is ClockKind.CONSENT


def _market(entry: JournalEntry) -> MarketClaim | None:
    return getattr(entry.notification, "market", None)


def _markets(claims: Iterable[Claim]) -> list[MarketClaim]:
    return [market for c in claims if (market := getattr(c.notification, "market", None)) is not None]


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
