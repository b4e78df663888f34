"""Stage: conflicts. What assets are after a message, and what about them somebody has to look at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from hub.rules import routing
from hub.rules.account import Account
from hub.rules.claims import Claim
from hub.rules.composition import judged
from hub.rules.forms import hearing, notices
from hub.rules.matching.identity import Grouping
from hub.rules.stacking import Policy
from hub.services.registration import unit
from hub.services.registration.entry import JournalEntry
from hub.services.registration.match import Placement
from hub.services.registration.surroundings import Surroundings
from hub.services.registration.unit import Unit
from hub.services.registration.view import RegisterView
from schemas import canonical
from schemas.outbound import AssetState, Concern
from schemas.vocabulary import ReceiptOutcome


@dataclass(frozen=True)
class Change:
    """One asset before and after a message; where nothing changed, `after` is `before`.

    `name` is registered, updated, deregistered, decommissioned, merged or split; `routes` are the operators that it
    concerns, each with the basis; `known` is the version that they knew before the batch.
    """

    before: AssetState | None
    after: AssetState
    name: str
    changed_fields: tuple[str, ...]
    routes: dict[str, str]
    known: AssetState | None = None

    @property
    def is_one(self) -> bool:
        return bool(self.changed_fields)

    @cached_property
    def state(self) -> bytes:
        """`after` as JSON, made once for the register, its history and the audit log."""
        return canonical.to_json(self.after)


@dataclass(frozen=True)
class Effect:
    """What one message comes to.

    `own` is what it does to the asset that it speaks of, nothing while it waits for that; `others` are the assets that
    it changes besides. `repeated` is the claim that it only says again, with its new time; `adopted` are claims that
    waited for this one. `outcome` and `code` are those of its receipt where they do not follow from the changes; `word`
    is what the audit log calls it, where it is no change of the asset.
    """

    entry: JournalEntry
    claim: Claim
    placement: Placement
    own: Change | None
    others: tuple[Change, ...] = ()
    adopted: tuple[Claim, ...] = ()
    repeated: Claim | None = None
    outcome: ReceiptOutcome | None = None
    code: str | None = None
    word: str | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that is another than before."""
        return tuple(c for c in (self.own, *self.others) if c is not None and c.is_one)

    @cached_property
    def new_concerns(self) -> tuple[Concern, ...]:
        """Concerns worth a query that this message brought up about its own asset."""
        if self.own is None:
            return ()
        before = set(self.own.before.concerns) if self.own.before else set()
        return tuple(c for c in self.own.after.concerns if c.severity != "info" and c not in before)


Drawn = tuple[Grouping, Account | None, Unit | None]
"""An asset, what everybody says of it, and how its neighbours are going to find it. One that is no more has no account;
where it was something, it was somewhere, too.
"""


@dataclass(frozen=True)
class Draft:
    """What a message makes of assets, before it is known what stands beside them.

    The other fields are those of the effect.
    """

    entry: JournalEntry
    claim: Claim
    placement: Placement
    accounts: tuple[Drawn, ...] = ()
    adopted: tuple[Claim, ...] = ()
    repeated: Claim | None = None


def draft(entry: JournalEntry, claim: Claim, placement: Placement, view: RegisterView) -> Draft:
    """Takes a message in: what everybody says now of every asset that it makes another."""
    known = view.claims[claim.reference]
    if not placement.groupings:
        known.append(claim)
        return Draft(entry, claim, placement)
    adopted = tuple(known) if placement.first else ()
    again: Claim | None = None
    if (repeated := said_already(claim, known)) is not None:
        heard = min(repeated.received_at, claim.received_at)
        again = replace(repeated, said_until=claim.said_until, seq=claim.seq, received_at=heard)
        view.claims[claim.reference] = [again if c is repeated else c for c in known]
    else:
        known.append(claim)
    accounts = tuple([drawn(grouping, view) for grouping in placement.groupings])
    return Draft(entry, claim, placement, accounts, adopted, again)


def drawn(grouping: Grouping, view: RegisterView) -> Drawn:
    """An asset by what everybody says of it now."""
    if (said := view.account(grouping)) is not None:
        return grouping, said, unit.of(said)
    before = view.states.get(grouping.asset_id)
    return grouping, None, unit.nowhere(before) if before is not None else None


def units(accounts: Iterable[Drawn]) -> list[Unit]:
    """Assets as their neighbours are going to find them."""
    return [found for _, _, found in accounts if found is not None]


def decide(drafted: Draft, view: RegisterView, around: Surroundings, policy: Policy) -> Effect:
    """Composes every asset anew that the message makes another, from all claims about it and what is beside it."""
    changes = [change(*one, drafted.claim, view, around, policy) for one in drafted.accounts]
    own, *others = changes or [None]
    return Effect(
        drafted.entry,
        drafted.claim,
        drafted.placement,
        own,
        tuple(c for c in others if c is not None),
        drafted.adopted,
        drafted.repeated,
    )


def change(
    grouping: Grouping,
    said: Account | None,
    found: Unit | None,
    claim: Claim,
    view: RegisterView,
    around: Surroundings,
    policy: Policy,
) -> Change | None:
    """What an asset is now. Nothing for one that never was: its only sighting was another's from the first."""
    before = view.states.get(grouping.asset_id)
    if said is None or found is None:
        return _merged(before, grouping.merged_into, claim, view, around) if before is not None else None
    made = composed_anew(grouping, said, found, view, around, policy)
    around.put(unit.with_notices(found, made.after), claim.claim_id)
    name = _name(before, made.after, claim, grouping)
    return Change(before, made.after, name, made.changed_fields, made.routes, made.known)


def composed_anew(
    grouping: Grouping, said: Account, found: Unit, view: RegisterView, around: Surroundings, policy: Policy
) -> Change:
    """What an asset is now, from all claims about it, what is beside it, and the disputes over it.

    `found` is the asset as its neighbours find it.
    """
    before = view.states.get(grouping.asset_id)
    version = before.version + 1 if before else 1
    marks = view.overlay.marks(grouping.members)
    facts = hearing.facts(said.state, said.claims, around.beside(found))
    composed = judged(
        said, version, policy, grouping.identity, notices.about(facts), disputed=bool(marks), disputes=marks
    )
    state = composed.state
    view.looked_at[grouping.asset_id] = (said, facts)
    changed = _changed_fields(before, state)
    after = state if changed or before is None else before
    view.states[grouping.asset_id] = after
    return Change(before, after, "updated", changed, composed.routes, view.told.get(after.asset_id))


def _merged(before: AssetState, into: UUID | None, claim: Claim, view: RegisterView, around: Surroundings) -> Change:
    """An asset that has turned out to be another: what it was stays, but nobody is to act on it."""
    told_no_more = {"market": None, "concerns": (), "related": (), "disputes": (), "disputed": False}
    after = before.model_copy(update={**told_no_more, "merged_into": into, "version": before.version + 1})
    around.put(unit.nowhere(after), claim.claim_id)
    view.looked_at.pop(after.asset_id, None)
    changed = _changed_fields(before, after)
    if not changed:
        return Change(before, before, "merged", (), {})
    view.states[after.asset_id] = after
    return Change(before, after, "merged", changed, dict(routing.NATIONAL))


def _name(before: AssetState | None, after: AssetState, claim: Claim, grouping: Grouping) -> str:
    if before is None:
        return "registered" if claim.reference in grouping.members else "split"
    if before.merged_into is not None:
        return "split"
    if after.decommissioned_on is not None and before.decommissioned_on is None:
        return "decommissioned"
    return "deregistered" if after.deregistered_on is not None and before.deregistered_on is None else "updated"


def said_already(claim: Claim, known: list[Claim]) -> Claim | None:
    """The source's newest claim under this reference, if the message says nothing else."""
    newest = max(known, key=lambda c: c.order, default=None)
    return newest if newest is not None and newest.is_said_again_by(claim) else None


def _changed_fields(before: AssetState | None, after: AssetState) -> tuple[str, ...]:
    new = vars(after)
    if before is None:
        return tuple([name for name in _FIELDS if new[name] or new[name] == ""])
    old = vars(before)
    # Most values are the very same: it takes longer to compare them.
    return tuple([name for name in _FIELDS if new[name] is not old[name] and new[name] != old[name]])


_FIELDS = tuple(sorted(AssetState.model_fields.keys() - {"version"}))
