"""What was known at a time does not change when somebody repeats himself, moves, or is told of late."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from hub.rules.composition import compose
from hub.rules.timeline import FOR_EVER, Horizon, Membership, Recorded, Repeat, known_at, members_at, state_at, true_on
from schemas.notifications import Notification
from schemas.outbound import AssetState
from tests.support.claims import ASSET, a_said
from tests.support.notifications import T0, YESTERDAY, a_device, a_removal, an_update

A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
ANOTHER = UUID(int=78)


def recorded(notice: Notification, hours: int = 0, *again: Repeat) -> Recorded:
    return Recorded(a_said(notice), T0 + hours * AN_HOUR, again)


def member(source: str, hours: int = 0) -> Membership:
    return Membership((source, "battery-1"), ASSET, T0 + hours * AN_HOUR, (source, f"joins-{hours}"))


def horizon(hours: int) -> Horizon:
    return Horizon(T0 + hours * AN_HOUR)


MINE = recorded(
    a_device("installer-1", model="mine", occurred_at=YESTERDAY),
    0,
    Repeat(("installer-1", "again"), YESTERDAY + 2 * A_MINUTE, None, T0 + 2 * AN_HOUR),
)
THEIRS = recorded(a_device("installer-2", model="theirs", occurred_at=YESTERDAY + A_MINUTE), 1)
LATER = recorded(an_update("installer-2", phases=3, effective_from=date(2026, 4, 29)), 1)
MEMBERS = (member("installer-1"), member("installer-2", 1))
SAID = (MINE, THEIRS, LATER)


def version(hours: int) -> AssetState:
    known = known_at(SAID, horizon(hours))
    return compose(ASSET, 1, known, "evidence_only").state


@pytest.mark.parametrize(("hours", "model"), [(0, "mine"), (1, "theirs"), (2, "mine"), (9, "mine")])
def test_of_two_equals_the_one_is_believed_who_had_spoken_last_by_then(hours: int, model: str) -> None:
    found = state_at(version(hours), SAID, MEMBERS, date(2026, 4, 28), horizon(hours))
    assert found is not None and (found.model, found.phases) == (model, None)


def test_a_version_of_which_nothing_begins_later_is_shown_as_it_was() -> None:
    shown = version(2).model_copy(update={"asset_name": "as its time had it"})
    assert state_at(shown, SAID, MEMBERS, date(2026, 4, 29), horizon(2)) is shown
    assert state_at(shown, SAID, MEMBERS, None, horizon(2)) is shown


def test_before_anybody_told_that_it_stands_there_is_nothing() -> None:
    assert state_at(version(2), SAID, MEMBERS, date(2026, 4, 19), horizon(2)) is None


def test_an_update_true_before_its_device_stood_says_nothing_of_it() -> None:
    early = a_said(an_update(effective_from=date(2026, 4, 1)))
    stands = a_said(a_device())
    assert true_on([early, stands], date(2026, 4, 10)) == []
    assert true_on([early, stands], date(2026, 4, 20)) == [early, stands]


def test_a_removal_told_today_leaves_yesterday_as_it_was() -> None:
    said = (MINE, recorded(a_removal("installer-1", effective_from=date(2026, 4, 30)), 1))
    now = compose(ASSET, 2, known_at(said, horizon(1)), "evidence_only").state
    before = state_at(now, said, MEMBERS[:1], date(2026, 4, 29), horizon(1))
    assert now.decommissioned_on == date(2026, 4, 30)
    assert before is not None and before.decommissioned_on is None


def test_a_sighting_is_of_the_asset_that_it_had_last_come_to() -> None:
    moves = (member("installer-1"), replace(member("installer-1", 1), asset_id=ANOTHER), member("installer-1", 2))
    found = [members_at(moves, ASSET, horizon(hours)) for hours in (-1, 0, 1, 2)]
    assert [len(members) for members in found] == [0, 1, 0, 1]


def test_of_one_batch_an_earlier_version_does_not_know_the_later_message() -> None:
    claims = (MINE, recorded(an_update("installer-1", phases=1), 0))
    second = claims[1].claim
    until = Horizon(FOR_EVER, frozenset({(second.sender, second.message_id)}))
    assert [c.message_id for c in known_at(claims, until)] == [MINE.claim.message_id]
