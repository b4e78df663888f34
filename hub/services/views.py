"""An asset as one reader may see it: whole where it concerns him, else only what he told of it himself.

A sender finds an asset among his own as soon as one of his messages was matched with it. What others told of it (where
it stands, whose it is) is not his for that: a serial number read off a box would otherwise open a household's record.

Of the past an operator sees what was in its area then, and a sender what he told until then. A provider sees what was
his then, as long as he has the consumer's consent now.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from hub.rules import timeline
from hub.rules.access import Grant
from hub.rules.claims import Claim
from hub.rules.composition import compose
from hub.rules.forms import notices
from hub.rules.matching.sighting import SightingId
from hub.rules.timeline import FOR_EVER, Horizon, Membership
from hub.rules.visibility import changes_seen, mask
from hub.services import evidence
from hub.services.evidence import Evidence
from registry_store.engine import Connection
from registry_store.past import Version
from schemas.outbound import AssetState

PRESENT = Horizon(FOR_EVER)


class Views:
    """What a reader may see of some assets, with the evidence for it, loaded once for a page of them."""

    def __init__(self, grant: Grant, known: Evidence, provided: frozenset[UUID], today: date) -> None:
        """`provided` are the assets whose provider now is the reader, or one for whom he speaks."""
        self._grant = grant
        self._evidence = known
        self._provided = provided
        self._today = today

    @classmethod
    async def load(
        cls,
        connection: Connection,
        grant: Grant,
        states: Sequence[AssetState],
        provided: frozenset[UUID],
        today: date,
        *,
        deep: bool = False,
    ) -> "Views":
        """`states` are the versions that will be looked at; `deep` is for all that was ever said of them, without which
        none is composed as of a day."""
        views = cls(grant, Evidence(), provided, today)
        if deep:
            views._evidence = await evidence.load(connection, sorted({s.asset_id for s in states}))
        elif partly := sorted({s.asset_id for s in states if not views.whole(s)}):
            views._evidence = await evidence.load(connection, partly, grant.rows.sources)
        return views

    def whole(self, state: AssetState) -> bool:
        """Whether a version concerns the reader, so that he sees it whole."""
        return is_whole(state, self._grant, provided_now=state.asset_id in self._provided)

    def of(self, version: AssetState, horizon: Horizon = PRESENT, as_of: date | None = None) -> AssetState | None:
        """What the reader sees of a version, of which no more was known than up to the horizon; nothing where there
        was none on the day, or where it is not his business.
        """
        state = self.unmasked(version, horizon, as_of)
        return mask(state, self._grant.visibility, self._today) if state is not None else None

    def unmasked(self, version: AssetState, horizon: Horizon, as_of: date | None) -> AssetState | None:
        """The same with the fields that are not for his kind of participant."""
        known, asset_id = self._evidence, version.asset_id
        state = timeline.state_at(version, known.about(asset_id), known.memberships(asset_id), as_of, horizon)
        return state if state is None or self.whole(state) else self._own_part(state, horizon, as_of)

    def claims(self, state: AssetState, horizon: Horizon, as_of: date | None) -> list[Claim]:
        """The claims that the reader's view of a state is made of."""
        known, asset_id = self._evidence, state.asset_id
        members = timeline.members_at(known.memberships(asset_id), asset_id, horizon)
        if state.merged_into is not None:
            # None are left; it is shown as it was.
            members = frozenset(known.ever.get(asset_id, ()))
        whole, own = self.whole(state), self._grant.rows.sources
        said = (r for r in known.about(asset_id) if r.claim.reference in members and (whole or r.claim.source in own))
        told = timeline.known_at(said, horizon)
        return timeline.true_on(told, as_of) if as_of is not None else told

    def members(self, asset_id: UUID, horizon: Horizon) -> dict[SightingId, Membership]:
        """The sightings that were the asset's, each with the move by which it became one of them."""
        found: dict[SightingId, Membership] = {}
        for move in self._evidence.memberships(asset_id):
            if horizon.has(move.recorded_at, move.by):
                found[move.sighting] = move
        return {sighting: move for sighting, move in found.items() if move.asset_id == asset_id}

    def recorded(self, asset_id: UUID) -> dict[UUID, datetime]:
        """When each claim about the asset was recorded, by the claim's id."""
        return {r.claim.claim_id: r.recorded_at for r in self._evidence.about(asset_id)}

    def changes(self, changed_fields: Sequence[str], version: AssetState) -> tuple[str, ...]:
        """Those of a version's changed fields that the reader may know of."""
        seen = changes_seen(changed_fields, version, self._grant.visibility, self._today)
        return seen if self.whole(version) else tuple(name for name in seen if name != "operators")

    def _own_part(self, state: AssetState, horizon: Horizon, as_of: date | None) -> AssetState | None:
        told = self.claims(state, horizon, as_of)
        if not told:
            return None
        part = compose(state.asset_id, state.version, told, "evidence_only").state
        kept = ("status", "decommissioned_on", "merged_into", "disputed", "disputes")
        # What the forms ask for follows from everything that was told, and names nobody.
        asked = tuple(c for c in state.concerns if notices.is_of_forms(c))
        update = {"operators": (), "concerns": (*part.concerns, *asked)}
        return part.model_copy(update=update | {name: getattr(state, name) for name in kept})


def is_whole(state: AssetState, grant: Grant, *, provided_now: bool = True) -> bool:
    """Whether a version concerns the reader as an operator, as its provider with consent, or as one who sees all."""
    rows = grant.rows
    return (
        rows.everything
        or bool(set(rows.operator_codes) & set(state.operators))
        or (provided_now and state.market is not None and state.market.fsp in rows.fsps)
    )


def provided(grant: Grant, states: Sequence[AssetState]) -> frozenset[UUID]:
    """Which of the assets, as they are now, the reader provides or speaks for the provider of."""
    return frozenset(s.asset_id for s in states if s.market is not None and s.market.fsp in grant.rows.fsps)


def provided_now(grant: Grant, versions: Iterable[Version]) -> frozenset[UUID]:
    """The same of assets as they were."""
    return frozenset(v.row.asset_id for v in versions if v.provider_now in grant.rows.fsps)
