"""Which lane a message takes, and whose turn it is."""

import pytest

from hub.rules import lanes
from hub.rules.lanes import BULK_SHARE, FEWEST, QUIET_SECONDS, Spent
from schemas.vocabulary import Door

CALM = QUIET_SECONDS + 1


@pytest.mark.parametrize(
    ("door", "together", "bulk"),
    [
        (Door.WEBHOOK, 1, False),
        (Door.MQTT, 1, False),
        (Door.MQTT, 500, False),
        (Door.PLATFORM, 1, True),
        (Door.PLATFORM, 1000, True),
        (Door.HUB, 1, False),
        (Door.HUB, lanes.FEW, False),
        (Door.HUB, lanes.FEW + 1, True),
    ],
)
def test_what_comes_by_itself_is_live_and_what_comes_by_the_thousand_is_bulk(
    door: Door, together: int, bulk: bool
) -> None:
    assert lanes.is_bulk(door, together) is bulk


@pytest.mark.parametrize(
    ("spent", "first"),
    [
        (Spent(live=0.0, bulk=0.0), False),
        (Spent(live=0.5, bulk=0.0), True),
        (Spent(live=0.5, bulk=0.5), False),
        (Spent(live=4.4, bulk=0.5), False),
        (Spent(live=4.6, bulk=0.5), True),
        (Spent(live=26.9, bulk=40.0), False),
        (Spent(live=27.1, bulk=40.0), True),
    ],
    ids=str,
)
def test_bulk_goes_before_live_messages_only_where_it_would_have_less_than_its_share(spent: Spent, first: bool) -> None:
    assert BULK_SHARE == 0.1
    assert lanes.bulk_goes_first(spent) is first


@pytest.mark.parametrize(
    ("at_most", "seconds_each", "since_live", "batch"),
    [
        (500, 0.004, 0.0, 100),
        (500, 0.004, CALM, 187),
        (500, 0.0005, CALM, 500),
        (500, 0.0005, 0.0, 500),
        (500, 0.1, 0.0, FEWEST),
        (20, 0.1, 0.0, 20),
        (500, 60.0, CALM, FEWEST),
    ],
)
def test_a_bulk_batch_is_as_large_as_a_live_message_can_wait_for(
    at_most: int, seconds_each: float, since_live: float, batch: int
) -> None:
    assert lanes.bulk_batch(at_most, seconds_each, since_live) == batch
