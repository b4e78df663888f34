"""Claims as the registration makes them, without a register."""

from datetime import datetime
from uuid import UUID, uuid5

from hub.rules import meter_point
from hub.rules.claims import Claim, Decision
from hub.rules.consent import ConsentDecision
from hub.rules.meter_point_facts import KnownMeterPoint, Resolution, SuppliedLocation
from schemas.notifications import AssetCommissioned, AssetUpdated, Notification
from schemas.vocabulary import ConsentStatus, DedupeOutcome
from tests.support import people, premises
from tests.support.journal import signed
from tests.support.notifications import T0

ASSET = UUID(int=77)
FOUND = Decision(DedupeOutcome.EXACT_DUPLICATE, ASSET, ("The same.",))
ALLOWED = ConsentDecision(ConsentStatus.ACTIVE, True, "The consent is in force.")
REFUSED = ConsentDecision(ConsentStatus.WITHDRAWN, False, "The consent was withdrawn.")


def a_said(
    notice: Notification,
    permission: ConsentDecision | None = None,
    decision: Decision = FOUND,
    received_at: datetime = T0,
) -> Claim:
    """What a message says, once its place is resolved; a claim to the market has consent unless told otherwise."""
    market = getattr(notice, "market", None)
    mid = signed(notice).id
    return Claim(
        claim_id=uuid5(UUID(int=0), mid),
        source=notice.source,
        source_kind=people.KINDS[notice.source],
        sender=notice.sender,
        message_id=mid,
        notification=notice,
        said_until=notice.occurred_at,
        received_at=received_at,
        seq=notice.source_seq,
        resolution=resolution(notice),
        permission=(permission or ALLOWED) if market is not None else None,
        decision=decision,
    )


def resolution(notice: Notification) -> Resolution | None:
    """Where the registry of the tests says that it is."""
    if not isinstance(notice, AssetCommissioned | AssetUpdated) or notice.location is None:
        return None
    known = [KnownMeterPoint(**row.model_dump()) for p in premises.KNOWN for row in p.meter_points()]
    said = {name: getattr(notice.location, name) for name in SuppliedLocation.__dataclass_fields__}
    return meter_point.resolve(SuppliedLocation(**said), known, "demand", T0.date())
