"""An asset as it was on a day in the world, as far as the register knew at a time.

Two times, never mixed: a claim is true from its `effective_from` on, and known from when it was recorded. Nothing that
is recorded later changes the answer to a question about the past; what is told late changes what is true then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from hub.clock import london_date
from hub.rules.claims import Claim
from hub.rules.composition import compose
from hub.rules.matching.identity import Identity
from hub.rules.matching.sighting import SightingId
from hub.rules.stacking import Policy
from schemas.findings import MeterPointsAnswered
from schemas.notifications import AssetCommissioned
from schemas.outbound import AssetState

FOR_EVER = datetime.max.replace(tzinfo=UTC)
_OF_IDENTITY = frozenset({"ID-NEEDS_REVIEW", "ID-PROBABLE"})
"""Rules that look at other devices as well, and so cannot follow from the claims about one."""
Message = tuple[str, str]
"""Sender and message id."""


@dataclass(frozen=True)
class When:
    """What a reader asks for: the world on the day `as_of`, as known at `known_at`. None of either is the present."""

    as_of: date | None = None
    known_at: datetime | None = None

    @property
    def is_now(self) -> bool:
        return self.as_of is None and self.known_at is None

    @property
    def horizon(self) -> "Horizon":
        return Horizon(self.known_at or FOR_EVER)


NOW = When()


@dataclass(frozen=True)
class Horizon:
    """How far the register's memory is read: to `known_at`, without what the messages in `not_yet` brought.

    The messages of one batch are recorded at one moment; of two versions made in it the first does not know of the
    message behind the second.
    """

    known_at: datetime
    not_yet: frozenset[Message] = frozenset()

    def has(self, recorded_at: datetime, by: Message) -> bool:
        return recorded_at <= self.known_at and by not in self.not_yet


@dataclass(frozen=True)
class Repeat:
    """A message that said a claim again, with its own time and counter."""

    by: Message
    said_until: datetime
    seq: int | None
    recorded_at: datetime


@dataclass(frozen=True)
class Recorded:
    """A claim as it was first said, since when the register knows it, and who said it again; the newest last."""

    claim: Claim
    recorded_at: datetime
    again: tuple[Repeat, ...] = ()


@dataclass(frozen=True)
class Membership:
    """From when on, and by which message, a sighting was one of an asset."""

    sighting: SightingId
    asset_id: UUID
    recorded_at: datetime
    by: Message


def state_at(
    version: AssetState,
    said: Iterable[Recorded],
    memberships: Sequence[Membership],
    as_of: date | None,
    horizon: Horizon,
    policy: Policy = "evidence_only",
) -> AssetState | None:
    """The asset on a day, or nothing where nobody had told by then that it stood on that day.

    `version` is the one that was current at the horizon. It is the answer where nothing that it knows begins after the
    day: what the register showed then, it showed by the rules of its time. Else it is composed from the claims that are
    left; what was found about its identity is that of `version`, since devices are told apart by all that is known.
    Resolutions of meter points and decisions about consent are kept with each claim, as they were made.
    """
    if as_of is None or version.merged_into is not None:
        return version
    members = members_at(memberships, version.asset_id, horizon)
    known = known_at((r for r in said if r.claim.reference in members), horizon)
    true = true_on(known, as_of)
    if len(true) == len(known):
        return version
    if not true:
        return None
    identity = _identity(version)
    state = compose(version.asset_id, version.version, true, policy, identity, disputed=version.disputed).state
    return state.model_copy(update={"disputes": version.disputes})


def members_at(memberships: Sequence[Membership], asset_id: UUID, horizon: Horizon) -> frozenset[SightingId]:
    """The sightings that were an asset's. `memberships` are theirs, in the order of record."""
    latest: dict[SightingId, UUID] = {}
    for membership in memberships:
        if horizon.has(membership.recorded_at, membership.by):
            latest[membership.sighting] = membership.asset_id
    return frozenset(sighting for sighting, asset in latest.items() if asset == asset_id)


def known_at(said: Iterable[Recorded], horizon: Horizon) -> list[Claim]:
    """The claims that were known, each with the time and counter with which it had last been said."""
    return [
        _as_last_said(recorded, horizon)
        for recorded in said
        if horizon.has(recorded.recorded_at, (recorded.claim.sender, recorded.claim.message_id))
    ]


def true_on(claims: Iterable[Claim], day: date) -> list[Claim]:
    """The claims that are true from a day or before. Who had not told by them that a device stands is left out."""
    true = [claim for claim in claims if true_from(claim) <= day]
    standing = {claim.reference for claim in true if isinstance(claim.notification, AssetCommissioned)}
    return [claim for claim in true if claim.reference in standing]


def true_from(claim: Claim) -> date:
    """From which day on a claim is true.

    What an enquiry service answers is of the place, and holds as long as anybody says that the device stands there; a
    day by which something was due has passed once the clock ran.
    """
    if isinstance(claim.notification, MeterPointsAnswered):
        return date.min
    day: date | None = getattr(claim.notification, "effective_from", None)
    return day if day is not None else london_date(claim.notification.occurred_at)


def _as_last_said(recorded: Recorded, horizon: Horizon) -> Claim:
    again = [repeat for repeat in recorded.again if horizon.has(repeat.recorded_at, repeat.by)]
    return replace(recorded.claim, said_until=again[-1].said_until, seq=again[-1].seq) if again else recorded.claim


def _identity(version: AssetState) -> Identity:
    concerns = tuple(c for c in version.concerns if c.rule_id in _OF_IDENTITY)
    return Identity(version.dedupe, concerns, version.related)
