"""What counts of several decisions does not depend on the order in which they came, and never contradicts itself."""

from datetime import timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.rulings import InForce, Ruling, in_force
from schemas.decisions import IdentityVerdict
from tests.support.notifications import T0

A, B, C = (("source", name) for name in "abc")
SAME, DIFFERENT = IdentityVerdict.SAME, IdentityVerdict.DIFFERENT


def ruled(one: tuple[str, str], other: tuple[str, str], verdict: IdentityVerdict, after: int) -> Ruling:
    return Ruling(one, other, verdict, T0 + timedelta(minutes=after), f"message {after}")


_names = st.sampled_from([("source", name) for name in "abcde"])
rulings = st.lists(
    st.builds(ruled, _names, _names, st.sampled_from(IdentityVerdict), st.integers(0, 9)), max_size=12
).map(lambda found: [r for r in found if r.one != r.other])


def test_the_later_of_two_decisions_counts() -> None:
    found = in_force([ruled(A, B, SAME, 2), ruled(B, A, DIFFERENT, 1)])
    assert found.rulings.same == {frozenset((A, B))}
    assert not found.rulings.apart


def test_an_older_decision_that_a_later_one_contradicts_is_overtaken() -> None:
    a_is_b, b_is_c, a_is_not_c = ruled(A, B, SAME, 1), ruled(B, C, SAME, 2), ruled(A, C, DIFFERENT, 3)
    found = in_force([a_is_b, b_is_c, a_is_not_c])
    assert found.rulings.same == {frozenset((B, C))}


def test_a_replacement_has_a_direction() -> None:
    found = in_force([ruled(B, A, IdentityVerdict.REPLACEMENT, 1)])
    assert {(link.mine, link.theirs, link.kind) for link in found.links} == {(B, A, "replaces"), (A, B, "replaced_by")}
    assert found.rulings.apart == {frozenset((A, B))}


@given(found=rulings, order=st.randoms(use_true_random=False))
def test_order_does_not_matter(found: list[Ruling], order: object) -> None:
    # Two of one time and one id would be one message.
    told = list({r.message_id: r for r in found}.values())
    shuffled = list(told)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert in_force(shuffled) == in_force(told)


@given(found=rulings)
def test_what_counts_never_contradicts_itself(found: list[Ruling]) -> None:
    counts = in_force(found)
    groups = {i: frozenset((i,)) for r in found for i in r.pair}
    for pair in counts.rulings.same:
        one, other = pair
        whole = groups[one] | groups[other]
        groups.update(dict.fromkeys(whole, whole))
    for group in groups.values():
        assert not {frozenset(pair) for pair in combinations(group, 2)} & counts.rulings.apart


def test_nothing_decided_is_nothing_in_force() -> None:
    assert in_force([]) == InForce()
