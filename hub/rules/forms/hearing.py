"""When the hub was told what, by whom: the facts of the forms from everything that was said of an asset.

By the time at which the journal took each message, which a replay gives again; never by the clock of the worker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from hub.clock import london_date
from hub.rules.claims import Claim
from hub.rules.forms.facts import FormFacts, NearbyWork, SiteGroup
from schemas.findings import ClockRan
from schemas.notifications import AssetCommissioned, AssetDecommissioned, AssetUpdated
from schemas.outbound import AssetState
from schemas.vocabulary import ParticipantKind

OPERATORS = frozenset({ParticipantKind.DNO, ParticipantKind.IDNO})
ANSWERABLE = frozenset({ParticipantKind.INSTALLER, *OPERATORS})
"""Who answers for a connection. A maker's cloud tells of a device, and that is no notice of its connection."""


@dataclass(frozen=True)
class Heard:
    """One claim, and when the journal took its message. Of a claim that was said again it is the first time."""

    claim: Claim
    received_at: datetime

    @property
    def day(self) -> date:
        return london_date(self.received_at)


def installer(heard: Sequence[Heard]) -> str | None:
    """The installer whose work it is: of several who tell of it the one who was heard first."""
    found = (h for h in heard if h.claim.source_kind is ParticipantKind.INSTALLER and _commissioning(h))
    first = min(found, key=lambda h: (h.received_at, h.claim.source), default=None)
    return first.claim.source if first is not None else None


def facts(
    state: AssetState,
    heard: Sequence[Heard],
    others: tuple[SiteGroup, ...] = (),
    works: tuple[NearbyWork, ...] = (),
) -> FormFacts:
    """The facts of one asset. At least one thing was heard of it besides clocks."""
    said = [h for h in heard if not isinstance(h.claim.notification, ClockRan)]
    told = [(h.claim.notification, h) for h in said]
    removed = [(notice.effective_from, h) for notice, h in told if isinstance(notice, AssetDecommissioned)]
    return FormFacts(
        state=state,
        heard_on=min(h.day for h in said),
        told_on=_first(h for h in said if h.claim.source_kind in ANSWERABLE and _commissioning(h)),
        removal_said_on=min((day for day, _ in removed), default=None),
        removal_told_on=_first(h for _, h in removed),
        ran=frozenset(
            (h.claim.notification.kind, h.claim.notification.due_on)
            for h in heard
            if isinstance(h.claim.notification, ClockRan)
        ),
        operator_told=any(h.claim.source_kind in OPERATORS for h in said),
        others=others,
        works=works,
    )


def _first(heard: Iterable[Heard]) -> date | None:
    return min((h.day for h in heard), default=None)


def _commissioning(heard: Heard) -> bool:
    notice = heard.claim.notification
    return isinstance(notice, AssetCommissioned | AssetUpdated) and notice.commissioning_date is not None
