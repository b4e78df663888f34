"""An asset as one reader may see it: whole where it concerns him, else only what he told of it himself.

A sender finds an asset among his own as soon as one of his messages was matched with it. What others told of it (where
it stands, whose it is) is not his for that: a serial number read off a box would otherwise open a household's record.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from hub.rules.access import Grant
from hub.rules.claims import Claim
from hub.rules.composition import compose
from hub.rules.visibility import changes_seen, mask
from hub.services.registration import stored
from registry_store import claims
from registry_store.engine import Connection
from schemas.outbound import AssetState


class Views:
    """The reader's own claims about some assets, loaded once for a page of them."""

    def __init__(self, grant: Grant, own: dict[UUID, list[tuple[datetime, Claim]]], today: date) -> None:
        self._grant = grant
        self._own = own
        self._today = today

    @classmethod
    async def load(cls, connection: Connection, grant: Grant, states: Sequence[AssetState], today: date) -> "Views":
        """`states` are the assets as they are now; they decide whether the reader sees an asset whole."""
        partly = [s.asset_id for s in states if not is_whole(s, grant)]
        own: dict[UUID, list[tuple[datetime, Claim]]] = {asset_id: [] for asset_id in partly}
        for asset_id, row in await claims.of_assets(connection, partly, grant.rows.sources) if partly else ():
            own[asset_id].append((row.recorded_at, stored.from_row(row)))
        return cls(grant, own, today)

    def partly(self, asset_id: UUID) -> bool:
        """Whether the reader sees only his own part of the asset."""
        return asset_id in self._own

    def of(self, state: AssetState, known_at: datetime | None = None) -> AssetState:
        """What the reader sees of a version; `known_at` is when the register made that version."""
        if self.partly(state.asset_id):
            state = self._own_part(state, known_at)
        return mask(state, self._grant.visibility, self._today)

    def changes(self, changed_fields: Sequence[str], state: AssetState) -> tuple[str, ...]:
        """Those of a version's changed fields that the reader may know of."""
        seen = changes_seen(changed_fields, state, self._grant.visibility, self._today)
        return tuple(name for name in seen if name != "operators") if self.partly(state.asset_id) else seen

    def _own_part(self, state: AssetState, known_at: datetime | None) -> AssetState:
        told = [
            claim for recorded_at, claim in self._own[state.asset_id] if known_at is None or recorded_at <= known_at
        ]
        own = compose(state.asset_id, state.version, told, "evidence_only").state
        return own.model_copy(
            update={
                "status": state.status,
                "decommissioned_on": state.decommissioned_on,
                "operators": (),
                "disputed": state.disputed,
                "disputes": state.disputes,
            }
        )


def is_whole(state: AssetState, grant: Grant) -> bool:
    """Whether the asset concerns the reader as an operator, as its provider with consent, or as one who sees all."""
    rows = grant.rows
    return (
        rows.everything
        or bool(set(rows.operator_codes) & set(state.operators))
        or (state.market is not None and state.market.fsp in rows.fsps)
    )
