"""What the register remembers about some assets: every claim with its repeats, and whose sighting was whose when."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from hub.rules.matching.sighting import SightingId
from hub.rules.timeline import Membership, Recorded, Repeat
from hub.services.registration import stored
from registry_store import claims, sightings
from registry_store.engine import Connection
from schemas.records.claims import ClaimRepeatRow, SourceClaimRow
from schemas.records.sightings import MembershipRow

BREATH = 100
"""Claims that are read before others get their turn: to read thousands takes its time."""


@dataclass(frozen=True)
class Evidence:
    """All that was said under the references that were ever an asset's, and where each of them belonged."""

    said: Mapping[SightingId, Sequence[Recorded]] = field(default_factory=dict)
    moves: Mapping[SightingId, Sequence[Membership]] = field(default_factory=dict)
    ever: Mapping[UUID, Sequence[SightingId]] = field(default_factory=dict)
    """The sightings that were ever an asset's."""

    def memberships(self, asset_id: UUID) -> list[Membership]:
        """Those of every sighting that was ever the asset's, each sighting's in the order of record."""
        return [move for sighting in self.ever.get(asset_id, ()) for move in self.moves[sighting]]

    def about(self, asset_id: UUID) -> Iterator[Recorded]:
        """Every claim under a reference that was ever the asset's."""
        return (recorded for sighting in self.ever.get(asset_id, ()) for recorded in self.said.get(sighting, ()))


async def load(connection: Connection, asset_ids: Sequence[UUID], sources: Sequence[str] | None = None) -> Evidence:
    """The evidence about these assets, as far as it comes from some sources; from all where none are named."""
    moves: dict[SightingId, list[Membership]] = defaultdict(list)
    ever: dict[UUID, dict[SightingId, None]] = defaultdict(dict)
    for row in await sightings.ever_of(connection, asset_ids, sources):
        membership = _membership(row)
        moves[membership.sighting].append(membership)
        ever[membership.asset_id][membership.sighting] = None
    rows = await claims.of_references(connection, sorted(moves))
    again: dict[UUID, list[ClaimRepeatRow]] = defaultdict(list)
    for repeat in await claims.repeats(connection, [row.claim_id for row in rows]):
        again[repeat.claim_id].append(repeat)
    said: dict[SightingId, list[Recorded]] = defaultdict(list)
    for number, claim_row in enumerate(rows):
        if number % BREATH == BREATH - 1:
            await asyncio.sleep(0)
        recorded = _recorded(claim_row, again[claim_row.claim_id])
        said[recorded.claim.reference].append(recorded)
    return Evidence(said, moves, {asset: tuple(found) for asset, found in ever.items()})


def _membership(row: MembershipRow) -> Membership:
    return Membership((row.source, row.reference), row.asset_id, row.recorded_at, (row.participant, row.message_id))


def _recorded(row: SourceClaimRow, again: Sequence[ClaimRepeatRow]) -> Recorded:
    claim = stored.from_row(row)
    notice = claim.notification
    first = replace(claim, said_until=notice.occurred_at, seq=notice.source_seq)
    repeats = tuple(Repeat((r.sender, r.message_id), r.said_until, r.source_seq, r.recorded_at) for r in again)
    return Recorded(first, row.recorded_at, repeats)
