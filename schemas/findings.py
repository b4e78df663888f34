"""What the hub itself found out and tells its journal, so that a replay of the journal comes to the same register.

These go the way of notifications, signed by the hub's own key; no door takes them from anybody.
"""

from datetime import date

from pydantic import Field

from schemas.asset import Shape
from schemas.notice import Notice
from schemas.vocabulary import ClockKind, LongText, MeterPointKind, ParticipantId, ShortText

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


class MeterPointsAnswered(Notice):
    """What an enquiry service knows of the place that a source told of under one of its references.

    `uprn`, `address_line` and `postcode` are of the address that the service found for the one that was told, where it
    was asked for one. `overdue` says that nothing was found for longer than the policy waits. A later answer stands
    for an earlier one.
    """

    about_source: ParticipantId = Field(description="whose asset reference it is about")
    service: ShortText
    uprn: ShortText | None = None
    address_line: LongText | None = None
    postcode: ShortText | None = None
    meter_points: tuple[AnsweredMeterPoint, ...] = Field((), max_length=MOST_POINTS, fail_fast=True)
    overdue: bool = False

    @property
    def source(self) -> str:
        """Whose reference it is about, so that it lies in the journal among the messages of that reference."""
        return self.about_source


class ClockRan(Notice):
    """A day by which something was due has passed. The hub says so of itself; no door takes it from outside.

    It belongs to the messages of `about_source` under `sender_asset_ref`.
    """

    about_source: ParticipantId
    kind: ClockKind
    due_on: date = Field(description="the last day allowed, by the calendar of Europe/London")

    @property
    def source(self) -> str:
        """Whose reference it is about, so that it lies in the journal among the messages of that reference."""
        return self.about_source


Finding = MeterPointsAnswered | ClockRan
FINDINGS: tuple[type[Finding], ...] = (MeterPointsAnswered, ClockRan)
