"""What the hub itself found out and tells its journal, so that a replay of the journal comes to the same register.

These go the way of notifications, signed by the hub's own key; no door takes them from anybody.
"""

from datetime import date

from pydantic import Field

from schemas.asset import Shape
from schemas.vocabulary import AssetReference, LongText, MeterPointKind, ParticipantId, ShortText, Timestamp

MOST_POINTS = 200


class AnsweredMeterPoint(Shape):
    """One meter point as an enquiry service states it."""

    mpan: ShortText
    direction: ShortText
    kind: MeterPointKind = MeterPointKind.PREMISES
    uprn: ShortText | None = None
    address_line: LongText | None = None
    postcode: ShortText | None = None
    meter_serial: ShortText | None = None
    distributor_id: ShortText | None = None
    gsp_group: ShortText | None = None
    host_distributor_id: ShortText | None = None
    live_from: date | None = None
    live_to: date | None = None
    related_mpan: ShortText | None = None


class MeterPointsAnswered(Shape):
    """What an enquiry service knows of the place that a source told of under one of its references.

    `uprn`, `address_line` and `postcode` are of the address that the service found for the one that was told, where it
    was asked for one. `overdue` says that nothing was found for longer than the policy waits.
    """

    sender: ParticipantId = Field(description="the hub's own participant")
    source: ParticipantId = Field(description="whose asset reference it is about")
    sender_asset_ref: AssetReference
    occurred_at: Timestamp = Field(description="when the service was asked; a later answer stands for an earlier one")
    service: ShortText
    uprn: ShortText | None = None
    address_line: LongText | None = None
    postcode: ShortText | None = None
    meter_points: tuple[AnsweredMeterPoint, ...] = Field((), max_length=MOST_POINTS)
    overdue: bool = False


Finding = MeterPointsAnswered
FINDINGS: tuple[type[Finding], ...] = (MeterPointsAnswered,)
