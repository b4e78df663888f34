"""A play counts as lost what was due to somebody and did not come."""

from schemas.outbound import SystemOperatorNotice
from simulators.client import Change
from simulators.so import NoticeFeed
from simulators.story import undelivered
from simulators.subscriber import Feed
from tests.simulators.test_subscribers import asset

CHANGES = [
    Change(1, "first", asset(operators=("UKPN_LPN", "NESO"))),
    Change(2, "second", asset(operators=("NPG_YK", "IDNO_IPNL"))),
    Change(3, "of no matter to operators", asset(operators=("UKPN_LPN",)), material=False),
]


def heard(**told: set[str]) -> dict[str, NoticeFeed]:
    return {owner: Feed(owner, SystemOperatorNotice, told=events) for owner, events in told.items()}


def test_nothing_is_missing_when_everybody_was_told() -> None:
    told = heard(neso={"first", "second"}, ukpn_lpn={"first"}, npg_yk={"second"}, idno_ipnl={"second"})
    assert undelivered(CHANGES, told) == []


def test_each_operator_that_was_not_told_is_named_once() -> None:
    told = heard(neso={"second"}, ukpn_lpn=set(), npg_yk={"second"}, idno_ipnl={"first"})
    assert undelivered(CHANGES, told) == [("neso", "first"), ("ukpn_lpn", "first"), ("idno_ipnl", "second")]
