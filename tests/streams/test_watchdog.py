"""A worker that stands still is ended; one that has nothing to do, or whose partitions move, is not."""

from typing import NoReturn

import pytest

from registry_store.engine import connect
from streams import watchdog
from streams.watchdog import Watchdog


class EndedError(Exception):
    """The process would have ended here."""


def end(reason: str) -> NoReturn:
    raise EndedError(reason)


def a_watchdog(*mine: int) -> Watchdog:
    return Watchdog(connect("postgresql://nobody@/nowhere"), "127.0.0.1:1", lambda: set(mine), end)


LATER = watchdog.STALL_SECONDS + 1.0
WAITING, NOTHING_TO_DO = (4, 10), (9, 10)
"""Watermark and end of a partition."""


@pytest.mark.parametrize(
    ("first", "second", "stuck"),
    [
        ({0: WAITING}, {0: WAITING}, {0}),
        ({0: WAITING}, {0: (5, 10)}, set()),
        ({0: WAITING}, {0: (9, 10)}, set()),
        ({0: NOTHING_TO_DO}, {0: NOTHING_TO_DO}, set()),
        ({0: (-1, 0)}, {0: (-1, 0)}, set()),
        ({0: (-1, 1)}, {0: (-1, 1)}, {0}),
        ({0: WAITING, 1: NOTHING_TO_DO}, {0: WAITING, 1: NOTHING_TO_DO}, {0}),
        ({0: WAITING, 1: WAITING}, {0: WAITING, 1: (5, 10)}, {0}),
    ],
    ids=str,
)
def test_a_partition_that_waits_and_does_not_move_is_stuck(
    first: dict[int, tuple[int, int]], second: dict[int, tuple[int, int]], stuck: set[int]
) -> None:
    dog = a_watchdog(0, 1)
    assert dog._stuck(first, 0.0) == set()
    assert dog._stuck(second, LATER) == stuck


def test_before_its_time_nothing_is_stuck() -> None:
    dog = a_watchdog(0)
    dog._stuck({0: WAITING}, 0.0)
    assert dog._stuck({0: WAITING}, watchdog.STALL_SECONDS) == set()


def test_another_workers_partitions_are_not_its_business() -> None:
    dog = a_watchdog(1)
    dog._stuck({0: WAITING, 1: NOTHING_TO_DO}, 0.0)
    assert dog._stuck({0: WAITING, 1: NOTHING_TO_DO}, LATER) == set()


def test_without_any_of_its_own_it_watches_all() -> None:
    dog = a_watchdog()
    dog._stuck({0: WAITING}, 0.0)
    assert dog._stuck({0: WAITING}, LATER) == {0}
