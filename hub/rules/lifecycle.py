"""The states of an asset in the market, derived from facts and never from the order in which they arrived.

The steps between states are data (`schemas/reference/lifecycle_steps.csv`, after `status_models.json`); each has a
guard here by its name. Whatever the facts were before and are now, a way of allowed steps leads from one state to the
other, and says why.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from hub.rules.market_registration import Registration
from hub.rules.notice import notice
from schemas.outbound import Concern
from schemas.reference import lifecycle as reference
from schemas.vocabulary import AssetStatus, MpanResolution


@dataclass(frozen=True)
class LifecycleFacts:
    """What the state of an asset follows from.

    `doubts` are the rules that put its facts in doubt (`notice.doubts`); `gone` are providers that have left the
    register; `active_unit` says that a market unit in force has the asset in it.
    """

    registrations: tuple[Registration, ...] = ()
    mpan_outcome: MpanResolution = MpanResolution.NOT_FOUND
    doubts: tuple[str, ...] = ()
    removed: bool = False
    disputed: bool = False
    active_unit: bool = False
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Standing:
    """The state beneath, and whether a dispute lies over it. `shown` is what readers see."""

    beneath: AssetStatus
    disputed: bool

    @property
    def shown(self) -> AssetStatus:
        return AssetStatus.DISPUTED if self.disputed else self.beneath


def standing(facts: LifecycleFacts) -> Standing:
    """The state of the asset."""
    beneath = _beneath(facts)
    return Standing(beneath, facts.disputed and beneath not in (reference.FINAL, reference.OVER))


def controlling(facts: LifecycleFacts) -> Registration | None:
    """The registration that controls the asset: of those in force the one that was made first."""
    found = [r for r in facts.registrations if r.permitted and r.since is not None and not is_over(r, facts)]
    return min(found, key=lambda r: (r.since, r.provider, r.sender_asset_ref), default=None)


def is_over(registration: Registration, facts: LifecycleFacts) -> bool:
    """A registration is not ended while a market unit needs it; one whose provider has left is over in any case."""
    return registration.provider in facts.gone or (registration.ended and not facts.active_unit)


def deregistered_on(facts: LifecycleFacts) -> date | None:
    """From when on the asset is not registered for the market any more; nothing while it is, or never was."""
    had_consent = [r for r in facts.registrations if r.since is not None]
    if not had_consent or not all(is_over(r, facts) for r in had_consent):
        return None
    end = max(had_consent, key=lambda r: _ended_on(r, facts)).end
    return end.effective_from if end is not None else None


def notices(facts: LifecycleFacts) -> Iterator[Concern]:
    """What somebody should know of registrations that end."""
    for registration in facts.registrations:
        if registration.end is not None and registration.since is None:
            yield notice(
                "LIFE-NOTHING_TO_END",
                "A provider ends a registration that it never had with consent; nothing has changed.",
            )
        elif registration.ended and facts.active_unit:
            yield notice(
                "LIFE-DEREGISTRATION_BLOCKED",
                "The asset is part of an active market unit, so its registration does not end yet; take it out of the"
                " unit first.",
            )


def _beneath(facts: LifecycleFacts) -> AssetStatus:
    if facts.removed:
        return AssetStatus.DECOMMISSIONED
    if controlling(facts) is not None:
        return _validation(facts)
    had_consent = [r for r in facts.registrations if r.since is not None]
    if any(not is_over(r, facts) for r in had_consent):
        return AssetStatus.SUSPENDED_CONSENT_REVOKED
    if not had_consent:
        return AssetStatus.NOTIFIED
    last = max(had_consent, key=lambda r: _ended_on(r, facts))
    free = last.provider in facts.gone or last.leaves_device_free
    return AssetStatus.AWAITING_FSP if free else AssetStatus.DEREGISTERED


def _ended_on(registration: Registration, facts: LifecycleFacts) -> tuple[date, float, str, str]:
    end = registration.end
    when = (end.effective_from, end.occurred_at.timestamp()) if end is not None else (date.min, 0.0)
    if registration.provider in facts.gone:
        when = (date.max, when[1])
    return (*when, registration.provider, registration.sender_asset_ref)


def _validation(facts: LifecycleFacts) -> AssetStatus:
    if facts.doubts:
        return AssetStatus.QUERY
    match facts.mpan_outcome:
        case MpanResolution.SUPPLIED_VERIFIED | MpanResolution.RESOLVED_EXACT:
            return AssetStatus.VERIFIED
        case MpanResolution.PENDING_EXPORT_MPAN | MpanResolution.NOT_FOUND:
            return AssetStatus.PENDING_VALIDATION
        case (
            MpanResolution.RESOLVED_PROBABLE
            | MpanResolution.AMBIGUOUS
            | MpanResolution.CONFLICT
            | MpanResolution.INVALID_FORMAT
        ):
            return AssetStatus.QUERY
        case _:
            assert_never(facts.mpan_outcome)


def _is(state: AssetStatus) -> Callable[[LifecycleFacts], bool]:
    return lambda facts: _beneath(facts) is state


GUARDS: Mapping[str, tuple[Callable[[LifecycleFacts], bool], str]] = {
    "told_of": (lambda facts: not facts.removed, "Somebody tells of it as standing."),
    "claim_with_consent": (
        lambda facts: not facts.removed and controlling(facts) is not None,
        "A provider claims it with the consumer's consent.",
    ),
    "checks_passed": (_is(AssetStatus.VERIFIED), "Every check against outside sources has passed."),
    "check_failed": (_is(AssetStatus.QUERY), "A check has failed or is not clear; somebody has to look at it."),
    "checks_open": (_is(AssetStatus.PENDING_VALIDATION), "A check against outside sources is still open."),
    "consent_ended": (
        _is(AssetStatus.SUSPENDED_CONSENT_REVOKED),
        "The consumer's consent was withdrawn, has run out or is not confirmed any more.",
    ),
    "provider_left": (_is(AssetStatus.AWAITING_FSP), "Its provider has left it, and it waits for another one."),
    "deregistered": (_is(AssetStatus.DEREGISTERED), "Its provider has ended its registration for the market."),
    "no_registration": (_is(AssetStatus.NOTIFIED), "No provider's claim with consent is known for it any more."),
    "removed": (lambda facts: facts.removed, "It is physically gone."),
    "removal_not_confirmed": (
        lambda facts: not facts.removed,
        "It stands: somebody who is believed as much as the one who told of its removal says so.",
    ),
    "disputed": (lambda facts: standing(facts).disputed, "A dispute about it is open."),
    "not_disputed": (lambda facts: not standing(facts).disputed, "No dispute about it is open any more."),
}
"""For each guard of the steps: when it lets a step through, and the reason as a sentence."""


@dataclass(frozen=True)
class StepTaken:
    """One step on the way from state to state, with its reason; `before` is None for an asset that is new."""

    before: AssetStatus | None
    after: AssetStatus
    guard: str
    reason: str


def way(before: AssetStatus | None, facts: LifecycleFacts) -> tuple[StepTaken, ...]:
    """The shortest way of allowed steps from the state shown before to the one that the facts give; empty for none.

    Raises `ValueError` where the table lets none through: then the table lacks a step.
    """
    goal = standing(facts).shown
    came: dict[AssetStatus | None, StepTaken | None] = {before: None}
    waiting = deque([before])
    while waiting and goal not in came:
        here = waiting.popleft()
        for step in reference.steps():
            after = AssetStatus(step.after)
            passes, reason = GUARDS[step.guard]
            if step.before == here and after not in came and passes(facts):
                came[after] = StepTaken(here, after, step.guard, reason)
                waiting.append(after)
    if goal not in came:
        raise ValueError(f"no allowed step leads from {before} to {goal}")
    return tuple(_back(came, goal))[::-1]


def _back(came: Mapping[AssetStatus | None, StepTaken | None], goal: AssetStatus) -> Iterator[StepTaken]:
    step = came[goal]
    while step is not None:
        yield step
        step = came[step.before]
