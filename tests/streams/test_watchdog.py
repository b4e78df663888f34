"""A worker that stands still is ended; one that has nothing to do, or whose partitions move, is not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

import pytest

from hub.embedded.kafka import EmbeddedKafka
from hub.publisher import Message, Publisher
from registry_store.engine import Engine, connect
from schemas import topics
from streams import watchdog
from streams.lane_consumer import most_ahead
from streams.watchdog import Watchdog


class EndedError(Exception):
    """The process would have ended here."""


def end(reason: str) -> NoReturn:
    raise EndedError(reason)


MOST_AHEAD = most_ahead(500)
BULK, ITS_NEIGHBOUR = topics.JOURNAL_PARTITIONS, topics.JOURNAL_PARTITIONS + 1
"""Partitions of the bulk lane; those below are of the other."""


def a_watchdog(*mine: int) -> Watchdog:
    return watching(set(mine))


def watching(mine: set[int]) -> Watchdog:
    """A watchdog of a worker whose partitions may become others meanwhile."""
    return Watchdog(connect("postgresql://nobody@/nowhere"), "127.0.0.1:1", lambda: mine, end, MOST_AHEAD)


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
        ({0: WAITING, 1: WAITING}, {0: WAITING, 1: WAITING}, {0, 1}),
        ({0: WAITING, BULK: WAITING}, {0: WAITING, BULK: (5, 10)}, {0}),
        ({0: WAITING, BULK: WAITING}, {0: (5, 10), BULK: WAITING}, {BULK}),
    ],
    ids=str,
)
def test_a_partition_that_waits_and_does_not_move_is_stuck(
    first: dict[int, tuple[int, int]], second: dict[int, tuple[int, int]], stuck: set[int]
) -> None:
    dog = a_watchdog(0, 1, BULK)
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


@dataclass
class Lane:
    """Offsets of a lane's partitions as a worker takes them: in the order in which it fetched them."""

    ends: dict[int, int]
    done: dict[int, int] = field(default_factory=dict)

    def register(self, partition: int, messages: int) -> None:
        self.done[partition] = self.done.get(partition, -1) + messages

    def look(self) -> dict[int, tuple[int, int]]:
        return {partition: (self.done.get(partition, -1), end) for partition, end in self.ends.items()}


def until_stuck(dog: Watchdog, lane: Lane, each: Callable[[int], None], within: int) -> tuple[int, set[int]]:
    """After how many seconds which partitions are stuck; `each` is what a worker does in a look's time."""
    for second in range(0, within, int(watchdog.EVERY_SECONDS)):
        if stuck := dog._stuck(lane.look(), float(second)):
            return second, stuck
        each(second)
    return within, set()


PATIENCE = round(watchdog.STALL_SECONDS + 2 * watchdog.EVERY_SECONDS)
SLOWLY = 40
"""Messages of bulk in a look's time, beside saturated live messages on a slow machine."""


def test_a_partition_that_has_its_turn_after_what_was_fetched_before_it_is_not_stuck() -> None:
    """A queue full of its neighbour's takes longer than a stall may: 75 s here, again and again."""
    lane = Lane({0: 10**6, BULK: 10**6, ITS_NEIGHBOUR: 10**3})
    queue = [BULK] * 1500

    def work(_: int) -> None:
        lane.register(0, 1000)
        for partition in queue[:SLOWLY]:
            lane.register(partition, 1)
        fetched = [BULK] * (SLOWLY - 1) + [ITS_NEIGHBOUR] if ITS_NEIGHBOUR not in queue else [BULK] * SLOWLY
        queue[:] = queue[SLOWLY:] + fetched

    assert until_stuck(a_watchdog(0, BULK, ITS_NEIGHBOUR), lane, work, 1000) == (1000, set())
    assert lane.done[ITS_NEIGHBOUR] > 5


@pytest.mark.parametrize(("in_a_look", "within"), [(SLOWLY, 2 * MOST_AHEAD // SLOWLY), (1000, 2 * MOST_AHEAD // 1000)])
def test_a_partition_that_is_passed_over_is_stuck_however_its_lane_gets_on(in_a_look: int, within: int) -> None:
    lane = Lane({BULK: 10**6, ITS_NEIGHBOUR: 5})
    dog = a_watchdog(BULK, ITS_NEIGHBOUR)
    second, stuck = until_stuck(dog, lane, lambda _: lane.register(BULK, in_a_look), 1000)
    assert stuck == {ITS_NEIGHBOUR}
    assert watchdog.STALL_SECONDS < second <= within + PATIENCE


def test_a_partition_with_little_before_it_is_stuck_after_a_stalls_time_while_the_others_are_served() -> None:
    lane = Lane({0: 0, 1: 5, 2: 0})

    def work(_: int) -> None:
        for partition in (0, 2):
            lane.ends[partition] += 3
            lane.register(partition, 3)

    second, stuck = until_stuck(a_watchdog(0, 1, 2), lane, work, 1000)
    assert (stuck, second <= PATIENCE) == ({1}, True)


def test_a_lane_that_has_no_turn_is_stuck_while_the_other_is_served() -> None:
    lane = Lane({0: 10**6, BULK: 10**6, ITS_NEIGHBOUR: 5})
    dog = a_watchdog(0, BULK, ITS_NEIGHBOUR)
    second, stuck = until_stuck(dog, lane, lambda _: lane.register(0, 1000), 1000)
    assert (stuck, second <= PATIENCE) == ({BULK, ITS_NEIGHBOUR}, True)


def test_what_others_of_its_lane_do_at_another_worker_is_no_excuse() -> None:
    lane = Lane({BULK: 10**6, ITS_NEIGHBOUR: 5})
    second, stuck = until_stuck(a_watchdog(ITS_NEIGHBOUR), lane, lambda _: lane.register(BULK, SLOWLY), 1000)
    assert (stuck, second <= PATIENCE) == ({ITS_NEIGHBOUR}, True)


def test_a_partition_that_comes_from_another_worker_has_the_time_of_a_new_one() -> None:
    mine, lane = {0}, Lane({0: 0, 1: 5})
    dog = watching(mine)

    def hand_over(second: int) -> None:
        if second >= PATIENCE:
            mine.add(1)

    second, stuck = until_stuck(dog, lane, hand_over, 1000)
    assert stuck == {1}
    assert PATIENCE + watchdog.STALL_SECONDS < second <= 2 * PATIENCE


def test_a_worker_that_has_lost_its_partitions_without_a_word_is_ended_while_others_work() -> None:
    mine, lane = {BULK}, Lane({BULK: 5, ITS_NEIGHBOUR: 10**6})
    dog = watching(mine)

    def work(_: int) -> None:
        mine.clear()
        lane.register(ITS_NEIGHBOUR, 1000)

    second, stuck = until_stuck(dog, lane, work, 1000)
    assert (stuck, second <= 2 * PATIENCE) == ({BULK}, True)


def test_rebalances_do_not_hide_a_partition_that_is_kept_and_stands_still() -> None:
    mine, lane = {0, 1}, Lane({0: 0, 1: 5, 2: 0})
    dog = watching(mine)

    def rebalance(second: int) -> None:
        mine.clear()
        if second % 8:
            mine.update({0, 1} if second % 16 < 8 else {0, 1, 2})

    second, stuck = until_stuck(dog, lane, rebalance, 1000)
    assert (stuck, second <= PATIENCE) == ({1}, True)


async def test_it_says_which_partitions_of_which_lane_stand_still(
    kafka_server: EmbeddedKafka, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(watchdog, "EVERY_SECONDS", 0.1)
    publisher = Publisher(kafka_server.address)
    await publisher.publish([Message(topics.BULK, None, b"never registered", partition=3)])
    await publisher.close()
    stalled = topics.journal_number(topics.BULK, 3)
    with pytest.raises(EndedError, match=r"^fmar\.intake\.bulk/3 stand still$"):
        async with asyncio.timeout(20):
            await Watchdog(engine, kafka_server.address, lambda: {stalled}, end, MOST_AHEAD).watch()
