"""The assets that a batch changes, as they are and as they become message by message."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules.claims import Claim
from hub.rules.matching.identity import Grouping
from hub.rules.matching.sighting import SightingId
from hub.services.registration import stored
from hub.services.registration.overlay import Overlay
from registry_store import assets, claims
from registry_store.engine import Connection
from schemas.outbound import AssetState
from schemas.records import AssetRow


@dataclass
class RegisterView:
    """Assets by their ids, the claims of the sightings that they are made of, and the disputes over them."""

    states: dict[UUID, AssetState] = field(default_factory=dict)
    claims: dict[SightingId, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    overlay: Overlay = field(default_factory=Overlay)

    def about(self, members: Collection[SightingId]) -> list[Claim]:
        """Every claim about a device, those among them that correct what was in dispute."""
        return [claim for member in members for claim in self.claims[member]] + self.overlay.claims(members)

    def by_others(self, source: str, members: Collection[SightingId]) -> list[Claim]:
        """What everybody but one source has told of a device."""
        return [claim for claim in self.about(members) if claim.source != source]


async def load(
    connection: Connection,
    groupings: Iterable[Grouping],
    known: Mapping[SightingId, list[Claim]],
    overlay: Overlay,
) -> RegisterView:
    """The assets that a batch changes, with all their claims. `known` are claims that are loaded already."""
    affected = list(groupings)
    members = {member for grouping in affected for member in grouping.members}
    view = RegisterView(overlay=overlay)
    for row in await assets.by_ids(connection, sorted({g.asset_id for g in affected})):
        view.states[row.asset_id] = _state(row)
    for reference, found in known.items():
        view.claims[reference] = list(found)
    for claim_row in await claims.of_references(connection, sorted(members - known.keys())):
        claim = stored.from_row(claim_row)
        view.claims[claim.reference].append(claim)
    return view


def _state(row: AssetRow) -> AssetState:
    return AssetState.model_validate(row.state)
