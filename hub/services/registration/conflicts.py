"""Stage: conflicts. What the asset is after a message, and what about it somebody has to look at."""

from dataclasses import dataclass, replace
from uuid import UUID

from hub.rules import identity
from hub.rules.claims import Claim
from hub.rules.composition import Composed, compose
from hub.rules.identity import Key
from hub.rules.stacking import Policy
from hub.services.registration.entry import JournalEntry
from hub.services.registration.view import RegisterView
from schemas.outbound import AssetState, Concern
from schemas.vocabulary import DedupeOutcome


@dataclass(frozen=True)
class Effect:
    """What one message comes to.

    `keys` are those by which later messages find the asset; `after` is nothing for a message that waits for its asset.
    `repeated` is the claim that it only says again, with its new time.
    """

    entry: JournalEntry
    claim: Claim
    before: AssetState | None
    after: Composed | None
    changed_fields: tuple[str, ...] = ()
    adopted: tuple[Claim, ...] = ()
    repeated: Claim | None = None
    keys: tuple[Key, ...] = ()

    @property
    def asset_id(self) -> UUID | None:
        return self.claim.decision.asset_id

    @property
    def is_change(self) -> bool:
        return bool(self.changed_fields)

    @property
    def new_concerns(self) -> tuple[Concern, ...]:
        """Concerns worth a query that this message brought up."""
        before = set(self.before.concerns) if self.before else set()
        found = self.after.state.concerns if self.after else ()
        return tuple(c for c in found if c.severity != "info" and c not in before)


def decide(entry: JournalEntry, claim: Claim, view: RegisterView, policy: Policy) -> Effect:
    """Composes the asset anew from all its claims, with the message's own among them."""
    asset_id = claim.decision.asset_id
    if asset_id is None:
        view.waiting[claim.reference].append(claim)
        return Effect(entry, claim, None, None)
    before = view.states.get(asset_id)
    known = view.claims[asset_id]
    adopted: tuple[Claim, ...] = ()
    again: Claim | None = None
    if (repeated := _said_already(claim, known)) is not None:
        again = replace(repeated, said_until=claim.said_until, seq=claim.seq)
        claims = [again if c is repeated else c for c in known]
    else:
        adopted = tuple(_adopted(view, claim, asset_id))
        claims = [*known, *adopted, claim]
    version = before.version if before else 0
    after = compose(asset_id, version + 1, claims, policy)
    changed = _changed_fields(before, after.state)
    if not changed and before is not None:
        after = replace(after, state=before)
    own_keys = (key for c in (claim, *adopted) for key in identity.keys(c.source, c.notification))
    keys = tuple(dict.fromkeys((*own_keys, *after.serials)))
    view.put(asset_id, after, claims, keys)
    return Effect(entry, claim, before, after, changed, adopted, again, keys)


def _adopted(view: RegisterView, claim: Claim, asset_id: UUID) -> list[Claim]:
    """Claims under the same reference that came before their asset did."""
    waiting = view.waiting.pop(claim.reference, [])
    return [
        replace(c, decision=replace(c.decision, outcome=DedupeOutcome.EXACT_DUPLICATE, asset_id=asset_id))
        for c in waiting
    ]


def _said_already(claim: Claim, known: list[Claim]) -> Claim | None:
    """The source's newest claim under this reference, if the message says nothing else."""
    own = [c for c in known if c.reference == claim.reference]
    newest = max(own, key=lambda c: c.order, default=None)
    return newest if newest is not None and newest.is_said_again_by(claim) else None


def _changed_fields(before: AssetState | None, after: AssetState) -> tuple[str, ...]:
    new = after.model_dump(exclude={"version"})
    if before is None:
        return tuple(sorted(name for name, value in new.items() if value not in (None, (), [])))
    old = before.model_dump(exclude={"version"})
    return tuple(sorted(name for name in new if new[name] != old[name]))
