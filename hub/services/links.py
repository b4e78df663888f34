"""Which sightings an asset was made of and when, and with which other assets it was joined, parted or replaced."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from uuid import UUID

from hub.clock import today
from hub.rules.access import Grant
from hub.rules.claims import Claim
from hub.rules.telling import is_own, sees_evidence
from hub.rules.timeline import FOR_EVER, Horizon, Membership, Message, When, true_from
from hub.services import evidence
from hub.services.evidence import Evidence
from hub.services.views import Views, provided_now
from registry_store import history, past
from registry_store.engine import Engine, repeatable_read
from schemas.notifications import AssetCommissioned
from schemas.outbound import AssetState, RelatedAsset
from schemas.records.assets import AssetHistoryRow


@dataclass(frozen=True)
class Link:
    """One sighting's stay with the asset: true from the day on which its device stood, known from `since` until
    `until`, when it was found to be of another asset. `cause` is the claim that led to it, where that is kept."""

    since: Membership
    until: Membership | None
    valid_from: date
    cause: Claim | None


@dataclass(frozen=True)
class Turn:
    """A version with which the asset was merged into another or split from it again, or its relations changed."""

    row: AssetHistoryRow
    merged_into: UUID | None
    related: tuple[RelatedAsset, ...]


@dataclass(frozen=True)
class Links:
    links: tuple[Link, ...]
    turns: tuple[Turn, ...]


class LinkHistories:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def links(self, grant: Grant, asset_id: UUID, when: When) -> Links | None:
        """The links that were known at a time and true on a day: of the sightings the reader's own, or all for whom
        may see how assets were compared; merges, splits and relations where the version concerned him."""
        async with repeatable_read(self._engine) as connection:
            present = await past.version(connection, grant.rows, asset_id, FOR_EVER)
            if present is None:
                return None
            known = await evidence.load(connection, [asset_id])
            rows = await history.turns(connection, asset_id, when.horizon.known_at)
        theirs = provided_now(grant, [present])
        views = Views(grant, Evidence(), theirs, today())
        links = [
            link
            for link in _links(known, asset_id, when.horizon)
            if (sees_evidence(grant) or is_own(link.since.sighting[0], grant))
            and (when.as_of is None or link.valid_from <= when.as_of)
        ]
        return Links(tuple(links), tuple(_turns(rows, views, when)))


def _links(known: Evidence, asset_id: UUID, horizon: Horizon) -> Iterator[Link]:
    causes = _causes(known)
    for sighting in known.ever.get(asset_id, ()):
        moves = [m for m in known.moves[sighting] if horizon.has(m.recorded_at, m.by)]
        stood = [
            true_from(r.claim)
            for r in known.said.get(sighting, ())
            if isinstance(r.claim.notification, AssetCommissioned) and r.recorded_at <= horizon.known_at
        ]
        for move, after in pairwise([*moves, None]):
            if move is not None and move.asset_id == asset_id:
                yield Link(move, after, min(stood), causes.get(move.by))


def _causes(known: Evidence) -> Mapping[Message, Claim]:
    return {(r.claim.sender, r.claim.message_id): r.claim for said in known.said.values() for r in said}


def _turns(rows: Sequence[AssetHistoryRow], views: Views, when: When) -> Iterator[Turn]:
    for row in rows:
        state = AssetState.model_validate(row.state)
        if views.whole(state) and (when.as_of is None or row.valid_from <= when.as_of):
            yield Turn(row, state.merged_into, state.related)
