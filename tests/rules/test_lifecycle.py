"""The state of an asset follows from facts, and every step to it is one that the table of steps allows."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules import market_registration
from hub.rules.claims import Claim
from hub.rules.lifecycle import GUARDS, LifecycleFacts, controlling, notices, standing, way
from hub.rules.market_registration import Registration
from schemas.reference import lifecycle as reference
from schemas.reference import load
from schemas.vocabulary import AssetStatus, DeregistrationGround, MpanResolution
from tests.rules.test_market_registration import histories
from tests.support.claims import ALLOWED, REFUSED
from tests.support.notifications import T0, a_deregistration

SURE = MpanResolution.SUPPLIED_VERIFIED
OURS = Registration("fsp-1", "battery-1", T0, ALLOWED, None, False)
ENDED = replace(OURS, end=a_deregistration(), ended=True)
FREED = replace(OURS, end=a_deregistration(ground=DeregistrationGround.CONTRACT_ENDED), ended=True)
THEIRS = replace(OURS, provider="fsp-2", since=T0 + timedelta(hours=1))
LAPSED = replace(OURS, permission=REFUSED)
UNPERMITTED = replace(LAPSED, since=None)

REGISTERED = LifecycleFacts((OURS,), SURE)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (LifecycleFacts(), AssetStatus.NOTIFIED),
        (LifecycleFacts((UNPERMITTED,), SURE), AssetStatus.NOTIFIED),
        (REGISTERED, AssetStatus.VERIFIED),
        (replace(REGISTERED, mpan_outcome=MpanResolution.RESOLVED_EXACT), AssetStatus.VERIFIED),
        (replace(REGISTERED, mpan_outcome=MpanResolution.NOT_FOUND), AssetStatus.PENDING_VALIDATION),
        (replace(REGISTERED, mpan_outcome=MpanResolution.PENDING_EXPORT_MPAN), AssetStatus.PENDING_VALIDATION),
        (replace(REGISTERED, mpan_outcome=MpanResolution.RESOLVED_PROBABLE), AssetStatus.QUERY),
        (replace(REGISTERED, mpan_outcome=MpanResolution.AMBIGUOUS), AssetStatus.QUERY),
        (replace(REGISTERED, mpan_outcome=MpanResolution.CONFLICT), AssetStatus.QUERY),
        (replace(REGISTERED, doubts=("QTY-WATTS",)), AssetStatus.QUERY),
        (LifecycleFacts((LAPSED,), SURE), AssetStatus.SUSPENDED_CONSENT_REVOKED),
        (LifecycleFacts((LAPSED, THEIRS), SURE), AssetStatus.VERIFIED),
        (LifecycleFacts((ENDED,), SURE), AssetStatus.DEREGISTERED),
        (LifecycleFacts((ENDED, LAPSED), SURE), AssetStatus.SUSPENDED_CONSENT_REVOKED),
        (LifecycleFacts((ENDED, THEIRS), SURE), AssetStatus.VERIFIED),
        (LifecycleFacts((FREED,), SURE), AssetStatus.AWAITING_FSP),
        (LifecycleFacts((OURS,), SURE, gone=frozenset({"fsp-1"})), AssetStatus.AWAITING_FSP),
        (LifecycleFacts((ENDED,), SURE, active_unit=True), AssetStatus.VERIFIED),
        (LifecycleFacts((ENDED,), SURE, active_unit=True, gone=frozenset({"fsp-1"})), AssetStatus.AWAITING_FSP),
        (replace(REGISTERED, removed=True), AssetStatus.DECOMMISSIONED),
        (replace(REGISTERED, disputed=True), AssetStatus.DISPUTED),
        (LifecycleFacts(disputed=True), AssetStatus.DISPUTED),
        (LifecycleFacts((ENDED,), SURE, disputed=True), AssetStatus.DEREGISTERED),
        (replace(REGISTERED, removed=True, disputed=True), AssetStatus.DECOMMISSIONED),
    ],
)
def test_the_state_follows_from_the_facts(facts: LifecycleFacts, state: AssetStatus) -> None:
    assert standing(facts).shown is state


def test_beneath_a_dispute_the_state_stays() -> None:
    assert standing(replace(REGISTERED, disputed=True)).beneath is AssetStatus.VERIFIED


def test_of_two_providers_with_consent_the_first_controls() -> None:
    for registrations in ((OURS, THEIRS), (THEIRS, OURS)):
        assert controlling(LifecycleFacts(registrations)) == OURS


def test_the_one_who_claimed_next_controls_once_the_first_has_ended() -> None:
    assert controlling(LifecycleFacts((ENDED, THEIRS))) == THEIRS


def test_a_unit_in_force_holds_up_the_end_and_says_so() -> None:
    (found,) = notices(LifecycleFacts((ENDED,), SURE, active_unit=True))
    assert (found.rule_id, found.severity) == ("LIFE-DEREGISTRATION_BLOCKED", "warning")
    assert list(notices(LifecycleFacts((ENDED,), SURE))) == []


def test_the_end_of_what_never_was_is_told() -> None:
    (found,) = notices(LifecycleFacts((replace(UNPERMITTED, end=a_deregistration(), ended=True),)))
    assert found.rule_id == "LIFE-NOTHING_TO_END"


@pytest.mark.parametrize(
    ("before", "facts", "states"),
    [
        (None, LifecycleFacts(), ["NOTIFIED"]),
        (None, REGISTERED, ["PENDING_VALIDATION", "VERIFIED"]),
        (AssetStatus.NOTIFIED, REGISTERED, ["PENDING_VALIDATION", "VERIFIED"]),
        (AssetStatus.VERIFIED, REGISTERED, []),
        (AssetStatus.VERIFIED, LifecycleFacts((LAPSED,), SURE), ["SUSPENDED_CONSENT_REVOKED"]),
        (AssetStatus.DEREGISTERED, REGISTERED, ["PENDING_VALIDATION", "VERIFIED"]),
        (AssetStatus.DISPUTED, REGISTERED, ["NOTIFIED", "PENDING_VALIDATION", "VERIFIED"]),
        (AssetStatus.DECOMMISSIONED, LifecycleFacts(), ["NOTIFIED"]),
    ],
)
def test_the_way_to_a_state_is_told_step_by_step(
    before: AssetStatus | None, facts: LifecycleFacts, states: list[str]
) -> None:
    assert [str(step.after) for step in way(before, facts)] == states


registrations = st.builds(
    Registration,
    st.sampled_from(["fsp-1", "fsp-2"]),
    st.sampled_from(["a", "b"]),
    st.none() | st.integers(0, 99).map(lambda m: T0 + timedelta(minutes=m)),
    st.sampled_from([None, ALLOWED, REFUSED]),
    st.none()
    | st.builds(
        lambda g, d: a_deregistration(ground=g, effective_from=date(2026, 4, d)),
        st.sampled_from(DeregistrationGround),
        st.integers(1, 9),
    ),
    st.booleans(),
).map(lambda r: replace(r, ended=r.ended and r.end is not None))
some_facts = st.builds(
    LifecycleFacts,
    st.lists(registrations, max_size=3).map(tuple),
    st.sampled_from(MpanResolution),
    st.sampled_from([(), ("QTY-WATTS",)]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.sampled_from(["fsp-1", "fsp-2"])),
)


@given(some_facts, some_facts)
def test_whatever_the_facts_become_allowed_steps_lead_there(before: LifecycleFacts, now: LifecycleFacts) -> None:
    allowed = {(step.before, step.after, step.guard) for step in reference.steps()}
    for start in (None, standing(before).shown):
        taken = way(start, now)
        assert (taken[-1].after if taken else start) is standing(now).shown
        for step in taken:
            assert (step.before, step.after, step.guard) in allowed
            assert GUARDS[step.guard][0](now)


@given(st.lists(histories, min_size=1, max_size=3), st.data())
def test_every_step_of_a_history_is_allowed_in_any_order_of_arrival(
    told: list[list[Claim]], data: st.DataObject
) -> None:
    """Each list is what one reference says; the messages of all arrive mixed, and the end is always the same."""
    arriving = [(n, claim) for n, claims in enumerate(told) for claim in claims]
    ends = []
    for order in (arriving, data.draw(st.permutations(arriving))):
        state: AssetStatus | None = None
        for count in range(1, len(order) + 1):
            facts = _facts_of(order[:count])
            for step in way(state, facts):
                state = step.after
            assert state is standing(facts).shown
        ends.append(state)
    assert ends[0] is ends[1]


def _facts_of(arrived: list[tuple[int, Claim]]) -> LifecycleFacts:
    by_reference: dict[int, list[Claim]] = {}
    for number, claim in arrived:
        by_reference.setdefault(number, []).append(claim)
    found = (market_registration.of(claims) for claims in by_reference.values())
    return LifecycleFacts(tuple(r for r in found if r is not None), SURE)


def test_every_guard_of_the_table_is_known_and_every_known_guard_is_used() -> None:
    assert {step.guard for step in reference.steps()} == set(GUARDS)


def test_the_states_are_those_of_the_vocabulary() -> None:
    assert set(load.statuses("asset_market_status")) == set(AssetStatus)
    assert {step.after for step in reference.steps()} == set(AssetStatus)


def test_a_table_without_the_step_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = tuple(step for step in reference.steps() if step.after != "VERIFIED")
    monkeypatch.setattr(reference, "steps", lambda: fewer)
    with pytest.raises(ValueError, match="no allowed step"):
        way(None, REGISTERED)
