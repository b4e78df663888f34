"""When the hub was told what, by whom: the facts of the forms from everything that was said of an asset.

By the time at which the journal took each message, which a replay gives again; never by the clock of the worker.
"""

from collections.abc import Sequence
from datetime import date, datetime

from hub.clock import london_date
from hub.rules.claims import Claim
from hub.rules.forms.facts import ALONE, Beside, FormFacts
from schemas.findings import FINDINGS, ClockRan
from schemas.notifications import AssetCommissioned, AssetDecommissioned, AssetUpdated
from schemas.outbound import AssetState
from schemas.vocabulary import ParticipantKind

OPERATORS = frozenset({ParticipantKind.DNO, ParticipantKind.IDNO})
ANSWERABLE = frozenset({ParticipantKind.INSTALLER, *OPERATORS})
"""Who answers for a connection. A maker's cloud tells of a device, and that is no notice of its connection."""


def installer(claims: Sequence[Claim]) -> str | None:
    """The installer whose work it is: of several who tell of it the one who was heard first."""
    found = [c for c in claims if c.source_kind is ParticipantKind.INSTALLER and _commissioning(c)]
    first = min(found, key=lambda c: (c.received_at, c.source), default=None)
    return first.source if first is not None else None


def facts(state: AssetState, claims: Sequence[Claim], beside: Beside = ALONE) -> FormFacts:
    """The facts of one asset. Somebody besides the hub itself said something of it."""
    said = [c for c in claims if type(c.notification) not in FINDINGS]
    found = [] if len(said) == len(claims) else [c.notification for c in claims if type(c.notification) in FINDINGS]
    removed = [(c.notification.effective_from, c) for c in said if isinstance(c.notification, AssetDecommissioned)]
    return FormFacts(
        state=state,
        heard_on=london_date(min([c.received_at for c in said])),
        told_on=_first([c.received_at for c in said if c.source_kind in ANSWERABLE and _commissioning(c)]),
        removal_said_on=min((day for day, _ in removed), default=None),
        removal_told_on=_first([c.received_at for _, c in removed]),
        ran=frozenset((clock.kind, clock.due_on) for clock in found if isinstance(clock, ClockRan)),
        operator_told=any([c.source_kind in OPERATORS for c in said]),
        others=beside.others,
        works=beside.works,
    )


def _first(moments: Sequence[datetime]) -> date | None:
    """The day of the earliest moment."""
    return london_date(min(moments)) if moments else None


def _commissioning(claim: Claim) -> bool:
    notice = claim.notification
    return isinstance(notice, AssetCommissioned | AssetUpdated) and notice.commissioning_date is not None
