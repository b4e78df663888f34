"""Stage: conflicts. What assets are after a message, and what about them somebody has to look at."""

from dataclasses import dataclass, replace
from uuid import UUID

from hub.rules import routing
from hub.rules.claims import Claim
from hub.rules.composition import compose
from hub.rules.matching.identity import Grouping
from hub.rules.stacking import Policy
from hub.services.registration.entry import JournalEntry
from hub.services.registration.match import Placement
from hub.services.registration.view import RegisterView
from schemas.outbound import AssetState, Concern


@dataclass(frozen=True)
class Change:
    """One asset before and after a message; where nothing changed, `after` is `before`.

    `name` is as `AssetChanged.change` has it; `routes` are the operators that it concerns, each
    with the basis.
    """

    before: AssetState | None
    after: AssetState
    name: str
    changed_fields: tuple[str, ...]
    routes: dict[str, str]

    @property
    def is_one(self) -> bool:
        return bool(self.changed_fields)


@dataclass(frozen=True)
class Effect:
    """What one message comes to.

    `own` is what it does to the asset that it speaks of, nothing while it waits for that; `others` are the assets that
    it changes besides. `repeated` is the claim that it only says again, with its new time; `adopted` are claims that
    waited for this one; `word` is what the audit log calls it, where it is no change of the asset.
    """

    entry: JournalEntry
    claim: Claim
    placement: Placement
    own: Change | None
    others: tuple[Change, ...] = ()
    adopted: tuple[Claim, ...] = ()
    repeated: Claim | None = None
    word: str | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that is another than before."""
        return tuple(c for c in (self.own, *self.others) if c is not None and c.is_one)

    @property
    def new_concerns(self) -> tuple[Concern, ...]:
        """Concerns worth a query that this message brought up about its own asset."""
        if self.own is None:
            return ()
        before = set(self.own.before.concerns) if self.own.before else set()
        return tuple(c for c in self.own.after.concerns if c.severity != "info" and c not in before)


def decide(entry: JournalEntry, claim: Claim, placement: Placement, view: RegisterView, policy: Policy) -> Effect:
    """Composes every asset anew that the message makes another, from all claims about it."""
    known = view.claims[claim.reference]
    if not placement.groupings:
        known.append(claim)
        return Effect(entry, claim, placement, None)
    adopted = tuple(known) if placement.first else ()
    again: Claim | None = None
    if (repeated := said_already(claim, known)) is not None:
        again = replace(repeated, said_until=claim.said_until, seq=claim.seq)
        view.claims[claim.reference] = [again if c is repeated else c for c in known]
    else:
        known.append(claim)
    own, *others = (change_of(g, claim, view, policy) for g in placement.groupings)
    return Effect(entry, claim, placement, own, tuple(c for c in others if c is not None), adopted, again)


def change_of(grouping: Grouping, claim: Claim, view: RegisterView, policy: Policy) -> Change | None:
    """What an asset is now. Nothing for one that never was: its only sighting was another's from the first."""
    before = view.states.get(grouping.asset_id)
    if not grouping.members:
        return _merged(before, grouping.merged_into, view) if before is not None else None
    change = composed_anew(grouping, view, policy)
    return replace(change, name=_name(before, change.after, claim, grouping))


def composed_anew(grouping: Grouping, view: RegisterView, policy: Policy) -> Change:
    """What an asset is now, from all claims about it and the disputes over it."""
    before, members = view.states.get(grouping.asset_id), grouping.members
    version = before.version + 1 if before else 1
    marks = view.overlay.marks(members)
    composed = compose(grouping.asset_id, version, view.about(members), policy, grouping.identity, disputed=bool(marks))
    state = composed.state.model_copy(update={"disputes": marks})
    changed = _changed_fields(before, state)
    after = state if changed or before is None else before
    view.states[grouping.asset_id] = after
    return Change(before, after, "updated", changed, composed.routes)


def _merged(before: AssetState, into: UUID | None, view: RegisterView) -> Change:
    """An asset that has turned out to be another: what it was stays, but nobody is to act on it."""
    told_no_more = {"market": None, "concerns": (), "related": (), "disputes": (), "disputed": False}
    after = before.model_copy(update={**told_no_more, "merged_into": into, "version": before.version + 1})
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
    removed_now = after.decommissioned_on is not None and before.decommissioned_on is None
    return "decommissioned" if removed_now else "updated"


def said_already(claim: Claim, known: list[Claim]) -> Claim | None:
    """The source's newest claim under this reference, if the message says nothing else."""
    newest = max(known, key=lambda c: c.order, default=None)
    return newest if newest is not None and newest.is_said_again_by(claim) else None


def _changed_fields(before: AssetState | None, after: AssetState) -> tuple[str, ...]:
    new = after.model_dump(exclude={"version"})
    if before is None:
        return tuple(sorted(name for name, value in new.items() if value not in (None, (), [], False)))
    old = before.model_dump(exclude={"version"})
    return tuple(sorted(name for name in new if new[name] != old[name]))
