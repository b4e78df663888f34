"""The asset as the register shows it, made from everything that its sources say, and from what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from hub.rules import concerns, lifecycle, notice
from hub.rules.account import Account, account
from hub.rules.claims import Claim
from hub.rules.matching.identity import UNDOUBTED, Identity
from hub.rules.stacking import Policy
from schemas.disputes import OpenDispute
from schemas.outbound import AssetState, Concern


@dataclass(frozen=True)
class Composed:
    """An asset's state, and for each network operator that it concerns the basis."""

    state: AssetState
    routes: dict[str, str]


def compose(
    asset_id: UUID,
    version: int,
    claims: Sequence[Claim],
    policy: Policy,
    identity: Identity = UNDOUBTED,
    *,
    disputed: bool = False,
) -> Composed:
    """The state that the claims add up to by themselves. At least one of them is a commissioning notice."""
    return judged(account(asset_id, claims), version, policy, identity, disputed=disputed)


def judged(
    said: Account,
    version: int,
    policy: Policy,
    identity: Identity = UNDOUBTED,
    forms: Sequence[Concern] = (),
    *,
    disputed: bool = False,
    disputes: tuple[OpenDispute, ...] = (),
) -> Composed:
    """The asset with everything that somebody should look at, and the state that follows from it all.

    `forms` is what the connection forms have to say of it, `disputes` what it shows of those that are open.
    """
    facts = replace(said.lifecycle, disputed=True) if disputed else said.lifecycle
    found = concerns.about(said, policy, identity, facts, forms)
    doubts = notice.doubts(found)
    facts = replace(facts, doubts=doubts) if doubts else facts
    state = said.state.with_checked(
        version=version,
        dedupe=identity.outcome,
        related=identity.related,
        disputed=disputed,
        disputes=disputes,
        concerns=found,
        status=lifecycle.standing(facts).shown,
    )
    return Composed(state, said.routes)
