"""The assets that a batch changes, as they are and as they become message by message."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules.account import Account, account
from hub.rules.claims import Claim
from hub.rules.forms.facts import FormFacts
from hub.rules.matching.identity import Grouping
from hub.rules.matching.sighting import SightingId
from hub.rules.meter_point_words import Word
from hub.services.directory import Directory
from hub.services.registration import stored
from hub.services.registration.overlay import Overlay
from registry_store import assets, claims, history, rulings
from registry_store.engine import Connection
from schemas.outbound import AssetState
from schemas.records.assets import AssetRow


@dataclass
class RegisterView:
    """Assets by their ids, the claims of the sightings that they are made of, and the disputes over them.

    `told` are the versions that operators know of them. `accounts` are what was said last of each, `looked_at` the same
    with what the connection forms made of it.
    """

    directory: Directory
    states: dict[UUID, AssetState] = field(default_factory=dict)
    told: dict[UUID, AssetState] = field(default_factory=dict)
    claims: dict[SightingId, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    words: dict[SightingId, list[Word]] = field(default_factory=lambda: defaultdict(list))
    overlay: Overlay = field(default_factory=Overlay)
    accounts: dict[UUID, Account] = field(default_factory=dict)
    looked_at: dict[UUID, tuple[Account, FormFacts]] = field(default_factory=dict)

    def about(self, members: Collection[SightingId]) -> list[Claim]:
        """Every claim about a device, those among them that correct what was in dispute."""
        return [claim for member in members for claim in self.claims[member]] + self.overlay.claims(members)

    def said_of(self, members: Iterable[SightingId]) -> list[Word]:
        """What people have said of the meter points of a device."""
        return [word for member in members for word in self.words.get(member, ())]

    def by_others(self, source: str, members: Collection[SightingId]) -> list[Claim]:
        """What everybody but one source has told of a device."""
        return [claim for claim in self.about(members) if claim.source != source]

    def account(self, grouping: Grouping) -> Account | None:
        """What everybody says now of an asset; nothing of one that is no more."""
        if not grouping.members:
            self.accounts.pop(grouping.asset_id, None)
            return None
        told = self.about(grouping.members)
        gone = frozenset(claim.source for claim in told if claim.source not in self.directory.members)
        self.accounts[grouping.asset_id] = account(grouping.asset_id, told, gone, self.said_of(grouping.members))
        return self.accounts[grouping.asset_id]

    async def read(self, connection: Connection, groupings: Iterable[Grouping]) -> None:
        """Takes these assets in, with all their claims; what is here already stays as it has become."""
        affected = [g for g in groupings if g.asset_id not in self.states]
        members = {member for grouping in affected for member in grouping.members}
        for said in await rulings.words(connection, sorted(members - self.words.keys())):
            self.words[(said.source, said.reference)].append(stored.word(said))
        rows = await assets.by_ids(connection, sorted({g.asset_id for g in affected}))
        for row in rows:
            self.states[row.asset_id] = self.told[row.asset_id] = _state(row)
        behind = [(row.asset_id, row.told_version) for row in rows if row.told_version != row.version]
        for (asset_id, _), state in (await history.states(connection, behind) if behind else {}).items():
            if asset_id is not None:
                self.told[asset_id] = AssetState.model_validate(state)
        for claim_row in await claims.of_references(connection, sorted(members - self.claims.keys())):
            claim = stored.from_row(claim_row)
            self.claims[claim.reference].append(claim)


async def load(
    connection: Connection,
    groupings: Iterable[Grouping],
    known: Mapping[SightingId, list[Claim]],
    overlay: Overlay,
    directory: Directory,
) -> RegisterView:
    """The assets that a batch changes, with all their claims. `known` are claims that are loaded already."""
    view = RegisterView(directory, overlay=overlay)
    for reference, found in known.items():
        view.claims[reference] = list(found)
    await view.read(connection, groupings)
    return view


def _state(row: AssetRow) -> AssetState:
    return AssetState.model_validate(row.state)
