"""The journal's partitions have numbers that tables keep for ever."""

import pytest

from schemas import topics
from schemas.topics import BULK, INTAKE, JOURNAL, JOURNAL_PARTITIONS


@pytest.mark.parametrize(
    ("topic", "partition", "number"), [(INTAKE, 0, 0), (INTAKE, 11, 11), (BULK, 0, 12), (BULK, 11, 23)]
)
def test_partitions_are_numbered_through_both_lanes_and_those_of_before_keep_their_numbers(
    topic: str, partition: int, number: int
) -> None:
    assert topics.journal_number(topic, partition) == number
    assert topics.journal_partition(number) == (topic, partition)


def test_both_lanes_are_made_alike_and_kept_for_ever() -> None:
    lanes = [topic for topic in topics.topics_for([], [], []) if topic.direction == "journal"]
    assert [lane.name for lane in lanes] == list(JOURNAL)
    assert {(lane.key, lane.partitions, lane.retention_ms) for lane in lanes} == {
        (lanes[0].key, JOURNAL_PARTITIONS, topics.KEEP)
    }
    assert {topics.partitions_of(name) for name in JOURNAL} == {JOURNAL_PARTITIONS}
