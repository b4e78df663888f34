"""A registration for the market is what was said of it, in whatever order that came."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.rules import market_registration
from hub.rules.claims import Claim
from hub.rules.consent import ConsentDecision
from hub.rules.market_registration import Registration
from schemas.notifications import Notification
from schemas.vocabulary import ClockKind, ConsentStatus, DeregistrationGround
from tests.support.claims import ALLOWED, REFUSED, a_said
from tests.support.notifications import T0, YESTERDAY, a_battery, a_claim, a_clock, a_deregistration, an_update

TODAY = date(2026, 4, 30)


def at(minutes: int) -> datetime:
    return YESTERDAY + timedelta(minutes=minutes)


def claimed(minutes: int, permission: ConsentDecision | None = None, **told: Any) -> Claim:
    return a_said(a_battery("fsp-1", market=a_claim(), occurred_at=at(minutes), **told), permission)


def claimed_again(minutes: int, permission: ConsentDecision | None = None, **told: Any) -> Claim:
    return a_said(an_update("fsp-1", market=a_claim(), occurred_at=at(minutes), **told), permission)


def ended(minutes: int, **told: Any) -> Claim:
    return a_said(a_deregistration(occurred_at=at(minutes), effective_from=told.pop("effective_from", TODAY), **told))


def registration(*told: Claim | Notification) -> Registration:
    found = market_registration.of([t if isinstance(t, Claim) else a_said(t) for t in told])
    assert found is not None
    return found


def test_an_asset_that_nobody_offers_has_no_registration() -> None:
    assert market_registration.of([a_said(a_battery("fsp-1"))]) is None


def test_a_claim_with_consent_registers() -> None:
    found = registration(claimed(0))
    assert (found.provider, found.since, found.permitted, found.ended) == ("fsp-1", at(0), True, False)


def test_a_claim_is_no_older_than_the_consent_behind_it() -> None:
    assert registration(claimed(0, replace(ALLOWED, since=at(5)))).since == at(5)


def test_what_never_had_consent_never_began() -> None:
    found = registration(claimed(0, REFUSED))
    assert (found.since, found.permitted) == (None, False)


def test_a_withdrawn_consent_leaves_a_registration_that_was() -> None:
    found = registration(claimed(0), claimed_again(9, REFUSED))
    assert (found.since, found.permitted, found.ended) == (at(0), False, False)


def test_its_provider_ends_it() -> None:
    found = registration(claimed(0), ended(9))
    assert (found.since, found.ended, found.leaves_device_free) == (at(0), True, False)


def test_after_a_contract_the_device_waits_for_another_provider() -> None:
    assert registration(claimed(0), ended(9, ground=DeregistrationGround.CONTRACT_ENDED)).leaves_device_free


def test_a_later_claim_opens_a_new_registration_that_counts_from_then() -> None:
    found = registration(claimed(0), ended(5), claimed_again(9))
    assert (found.since, found.ended, found.end) == (at(9), False, None)


def test_a_claim_that_was_said_again_after_the_end_counts_from_then() -> None:
    again = replace(claimed(0), said_until=at(9))
    assert registration(again, ended(5)).since == at(9)


def test_an_end_that_arrives_late_ends_nothing_newer() -> None:
    assert not registration(claimed_again(9), ended(5), claimed(0)).ended


def test_the_counter_of_the_source_is_stronger_than_its_clock() -> None:
    assert registration(claimed(9, source_seq=1), ended(0, source_seq=2)).ended


def test_an_end_in_the_future_holds_once_its_day_has_come() -> None:
    later = date(2026, 6, 1)
    told = (claimed(0), ended(5, effective_from=later))
    ran = a_clock("fsp-1", kind=ClockKind.DEREGISTRATION, due_on=date(2026, 5, 31))
    assert not registration(*told).ended
    assert not registration(*told, a_clock("fsp-1", kind=ClockKind.DEREGISTRATION, due_on=date(2026, 5, 30))).ended
    assert registration(*told, ran).ended


def test_saying_the_same_until_the_day_of_the_end_does_not_take_it_back() -> None:
    found = registration(claimed(0), ended(5, effective_from=date(2026, 6, 1)), claimed_again(9))
    assert (found.since, found.end is not None) == (at(0), True)


def test_a_statement_without_a_market_part_claims_nothing_any_more() -> None:
    assert market_registration.of([claimed(0), a_said(a_battery("fsp-1", occurred_at=at(5)))]) is None


def test_an_end_without_a_claim_is_kept() -> None:
    found = registration(ended(5))
    assert (found.since, found.permission, found.ended) == (None, None, True)


moments = st.integers(0, 3 * 24 * 60)
seqs = st.none() | st.integers(0, 50)
consents = st.sampled_from(
    [
        ALLOWED,
        REFUSED,
        replace(ALLOWED, since=at(50)),
        ConsentDecision(ConsentStatus.EXPIRED, False, "The consent has run out."),
    ]
)
messages = st.one_of(
    st.builds(lambda m, p, s: claimed(m, p, source_seq=s), moments, consents, seqs),
    st.builds(lambda m, p, s: claimed_again(m, p, source_seq=s), moments, consents, seqs),
    st.builds(lambda m, s: a_said(a_battery("fsp-1", occurred_at=at(m), source_seq=s)), moments, seqs),
    st.builds(
        lambda m, s, g, d: ended(m, source_seq=s, ground=g, effective_from=TODAY + timedelta(days=d)),
        moments,
        seqs,
        st.sampled_from(DeregistrationGround),
        st.integers(-3, 5),
    ),
    st.builds(
        lambda d: a_said(
            a_clock("fsp-1", kind=ClockKind.DEREGISTRATION, due_on=TODAY + timedelta(days=d), occurred_at=T0)
        ),
        st.integers(-3, 5),
    ),
)
histories = st.lists(messages, min_size=1, max_size=8, unique_by=lambda c: c.message_id)


@given(histories.flatmap(lambda h: st.tuples(st.just(h), st.permutations(h))))
def test_the_order_of_arrival_does_not_matter(told: tuple[list[Claim], list[Claim]]) -> None:
    one, other = (market_registration.of(claims) for claims in told)
    assert one == other


@given(histories)
def test_only_a_registration_with_consent_has_a_beginning(told: list[Claim]) -> None:
    found = market_registration.of(told)
    if found is not None and found.since is not None:
        assert any(c.permission is not None and c.permission.market_visible for c in told)
    if found is not None and found.ended:
        assert found.end is not None
