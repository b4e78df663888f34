"""Claims between their rule form and their rows."""

from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from hub.rules.claims import Claim, Decision
from hub.rules.consent import ConsentDecision
from hub.rules.meter_point_facts import Resolution
from schemas.notifications import FINDINGS, NOTIFICATIONS
from schemas.records import SourceClaimRow
from schemas.vocabulary import ParticipantKind

_NOTIFICATIONS = {n.__name__: n for n in (*NOTIFICATIONS, *FINDINGS)}
_RESOLUTION = TypeAdapter(Resolution)
_PERMISSION = TypeAdapter(ConsentDecision)
_DECISION = TypeAdapter(Decision)


def to_row(claim: Claim, asset_id: UUID | None, recorded_at: datetime) -> SourceClaimRow:
    notice = claim.notification
    return SourceClaimRow(
        claim_id=claim.claim_id,
        asset_id=asset_id,
        source=claim.source,
        source_kind=claim.source_kind,
        sender=claim.sender,
        sender_asset_ref=notice.sender_asset_ref,
        message_id=claim.message_id,
        notification=type(notice).__name__,
        occurred_at=notice.occurred_at,
        source_seq=claim.seq,
        said_until=claim.said_until,
        body=notice.model_dump(mode="json", exclude_defaults=True),
        resolution=_RESOLUTION.dump_python(claim.resolution, mode="json") if claim.resolution else None,
        consent=_PERMISSION.dump_python(claim.permission, mode="json") if claim.permission else None,
        decision=_DECISION.dump_python(claim.decision, mode="json"),
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
        seq=row.source_seq,
        resolution=_RESOLUTION.validate_python(row.resolution) if row.resolution else None,
        permission=_PERMISSION.validate_python(row.consent) if row.consent else None,
        decision=_DECISION.validate_python(row.decision),
    )
