"""The part of the register that a batch touches, as it is and as it becomes message by message."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules import identity
from hub.rules.claims import Claim
from hub.rules.composition import Composed
from hub.rules.identity import Candidate, Device, Key
from hub.services.registration import stored
from registry_store.claims import Reference
from schemas.identifiers import normalise_maker, normalise_serial
from schemas.outbound import AssetState
from schemas.records import AssetIdentifierRow, AssetRow, SourceClaimRow


@dataclass
class RegisterView:
    """Assets with their claims, the keys that lead to them, and claims that still wait for their asset."""

    states: dict[UUID, AssetState] = field(default_factory=dict)
    claims: dict[UUID, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    waiting: dict[Reference, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[Key, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(
        cls,
        identifiers: Iterable[AssetIdentifierRow],
        assets: Iterable[AssetRow],
        claims: Iterable[SourceClaimRow],
    ) -> "RegisterView":
        view = cls()
        for row in identifiers:
            view.by_key[(row.scheme, row.issuer, row.value)].add(row.asset_id)
        for asset in assets:
            view.states[asset.asset_id] = AssetState.model_validate(asset.state)
        for claim_row in claims:
            claim = stored.from_row(claim_row)
            if claim_row.asset_id is None:
                view.waiting[claim.reference].append(claim)
            else:
                view.claims[claim_row.asset_id].append(claim)
        return view

    def candidates(self, keys: Sequence[Key]) -> list[Candidate]:
        """Assets that one of the keys leads to; the first key is the source's own reference."""
        own = self.by_key.get(keys[0], set())
        others = {asset_id for key in keys[1:] for asset_id in self.by_key.get(key, ())} - own
        return [self._candidate(a, by_reference=True) for a in sorted(own)] + [
            self._candidate(a, by_reference=False) for a in sorted(others)
        ]

    def _candidate(self, asset_id: UUID, *, by_reference: bool) -> Candidate:
        state = self.states[asset_id]
        return Candidate(asset_id, self._device(state), by_reference, state.decommissioned_on is not None)

    def _device(self, state: AssetState) -> Device:
        numbers = (("import", state.place.import_mpan), ("export", state.place.export_mpan))
        return Device(
            state.asset_category,
            normalise_maker(state.manufacturer),
            normalise_serial(state.serial_number).normal,
            frozenset((direction, number) for direction, number in numbers if number is not None),
            state.place.uprn,
            state.place.postcode,
            frozenset(
                line
                for claim in self.claims[state.asset_id]
                for line in identity.device(claim.source, claim.notification, frozenset()).lines
            ),
        )

    def others(self, source: str, asset_id: UUID | None) -> list[Claim]:
        """What everybody but one source has told of an asset."""
        return [c for c in self.claims.get(asset_id, ()) if c.source != source] if asset_id is not None else []

    def put(self, asset_id: UUID, composed: Composed, claims: list[Claim], keys: Sequence[Key]) -> None:
        """The asset as it is after a message; later messages of the batch see it so."""
        self.states[asset_id] = composed.state
        self.claims[asset_id] = claims
        for key in keys:
            self.by_key[key].add(asset_id)
