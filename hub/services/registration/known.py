"""What network operators know of an asset: they are told where a change is material to them."""

from collections.abc import Sequence
from uuid import UUID

from hub.clock import london_date
from hub.rules import materiality
from hub.rules.claims import Claim
from hub.services.registration.conflicts import Change
from schemas.outbound import AssetState


def known_after(changed: Sequence[tuple[Claim, Change]]) -> list[AssetState]:
    """The version that operators know after each of these changes in their order; of a material one its own.

    Many small steps are a large one, so that each is held against the version that they know, not the one before. What
    is more than an update they are told in any case.
    """
    found: list[AssetState] = []
    told: dict[UUID, AssetState] = {}
    for claim, change in changed:
        now = change.after
        known = told.get(now.asset_id, change.known)
        if known is None or change.name != "updated" or _is_material(known, now, claim):
            known = now
        told[now.asset_id] = known
        found.append(known)
    return found


def _is_material(known: AssetState, now: AssetState, claim: Claim) -> bool:
    return materiality.assess(known, now, london_date(claim.received_at)).tell
