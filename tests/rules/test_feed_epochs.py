"""Which of what was told still counts after the register was set back, once and again."""

import pytest

from hub.rules import feed_epochs
from hub.rules.feed_epochs import Start

A, B = "fmar.changes", "fmar.receipts"
STARTS = (Start(2, A, 80), Start(2, B, 10), Start(3, A, 40), Start(3, B, 12))


@pytest.mark.parametrize(
    ("epoch", "seq", "void"),
    [(1, 40, False), (1, 41, True), (1, 120, True), (2, 40, False), (2, 41, True), (3, 41, False), (3, 500, False)],
)
def test_what_a_later_epoch_did_not_know_is_void(epoch: int, seq: int, void: bool) -> None:
    assert feed_epochs.is_void(STARTS, A, epoch, seq) is void


def test_each_topic_goes_on_from_a_number_of_its_own() -> None:
    assert [feed_epochs.void_after(STARTS, B, epoch) for epoch in (1, 2, 3)] == [10, 12, None]
    assert feed_epochs.void_after(STARTS, "fmar.so.neso", 1) is None


def test_a_register_that_was_never_set_back_is_in_the_first_epoch() -> None:
    assert feed_epochs.present(()) == feed_epochs.FIRST
    assert feed_epochs.present(STARTS) == 3
