"""A provider's registration of an asset for the market: when it began, whether it has consent, whether it has ended.

A function of what was said, in whatever order it arrived: the source's own counter and time decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.clock import london_date
from hub.rules.claims import Claim, asked_again
from hub.rules.consent import ConsentDecision
from schemas.findings import ClockRan
from schemas.notifications import AssetCommissioned, AssetDeregistered, AssetUpdated
from schemas.vocabulary import ClockKind, DeregistrationGround

ONE_DAY = timedelta(days=1)
_DEVICE_STAYS_FREE = frozenset({DeregistrationGround.CONTRACT_ENDED, DeregistrationGround.PROVIDER_EXIT})


@dataclass(frozen=True)
class Registration:
    """What one provider has said of the market under one reference.

    `since` is when it first claimed the asset with consent, counted from its last end; None where it never had
    consent. `permission` is the consent of its newest claim. `ended` says that the day of its end has come.
    """

    provider: str
    sender_asset_ref: str
    since: datetime | None
    permission: ConsentDecision | None
    end: AssetDeregistered | None
    ended: bool

    @property
    def permitted(self) -> bool:
        return self.permission is not None and self.permission.market_visible

    @property
    def leaves_device_free(self) -> bool:
        """Whether the device waits for another provider after the end, rather than leave the market."""
        return self.end is not None and self.end.ground in _DEVICE_STAYS_FREE


@dataclass
class _Story:
    """The messages of one reference as they are read, oldest first."""

    newest: Claim | None = None
    since: datetime | None = None
    end: AssetDeregistered | None = None
    last_end: AssetDeregistered | None = None

    def read(self, claim: Claim) -> None:
        notice = claim.notification
        if isinstance(notice, AssetDeregistered):
            self.end = self.last_end = notice
        elif isinstance(notice, AssetCommissioned | AssetUpdated) and notice.market is not None:
            self._claimed(claim)
        elif isinstance(notice, AssetCommissioned):
            # It states all anew, and no claim to the market is in it.
            self.newest = None

    def _claimed(self, claim: Claim) -> None:
        if self.end is not None and london_date(claim.said_until) >= self.end.effective_from:
            # A new registration. What is said again before the day of the end does not take the end back.
            self.end = self.since = None
        self.newest = claim
        if claim.permission is not None and claim.permission.market_visible:
            made = max(self._made(claim), claim.permission.since or self._made(claim))
            self.since = made if self.since is None else min(self.since, made)

    def _made(self, claim: Claim) -> datetime:
        """When a claim was made. One that began before an end and was said again after it counts from then."""
        began = claim.notification.occurred_at
        return began if self.last_end is None or began > self.last_end.occurred_at else claim.said_until


def of(claims: Sequence[Claim]) -> Registration | None:
    """The registration under one reference from all its messages; nothing where it never spoke of the market."""
    story = _Story()
    for claim in sorted(claims, key=lambda c: c.order) if len(claims) > 1 else claims:
        story.read(claim)
    if story.newest is None and story.end is None:
        return None
    latest = story.newest or claims[0]
    return Registration(
        provider=latest.source,
        sender_asset_ref=latest.notification.sender_asset_ref,
        since=story.since,
        permission=asked_again(story.newest, claims).permission if story.newest else None,
        end=story.end,
        ended=story.end is not None and _has_come(story.end, claims),
    )


def _has_come(end: AssetDeregistered, claims: Sequence[Claim]) -> bool:
    """By the messages alone, so that a replay comes to the same: on the day it was said, or once the clock ran."""
    if end.effective_from <= london_date(end.occurred_at):
        return True
    due = end.effective_from - ONE_DAY
    ran = (c.notification for c in claims if isinstance(c.notification, ClockRan))
    return any(clock.kind is ClockKind.DEREGISTRATION and clock.due_on == due for clock in ran)
