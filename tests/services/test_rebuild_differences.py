"""Two registers side by side: every key is met once, and what differs is told without saying what it is."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.services.rebuild import differences
from hub.services.rebuild.comparison import merged
from registry_store.side_by_side import SUBJECTS, Key, Subject

ASSET = Subject("assets", "asset {asset_id}", ("asset_id",), "", parts=("state",))
PRESENT = {"asset_id": "A1", "status": "NOTIFIED", "state": {"model": "M-1", "phases": 1, "place": {"uprn": "1"}}}


async def stream(rows: dict[Key, str]) -> AsyncIterator[tuple[Key, str]]:
    for key in sorted(rows):
        yield key, rows[key]


KEYS = st.tuples(st.text("ab\u00e9", max_size=3), st.text("ab", max_size=2))
ROWS = st.dictionaries(KEYS, st.sampled_from("xyz"), max_size=12)


@given(one=ROWS, other=ROWS)
async def test_two_streams_are_met_key_by_key(one: dict[Key, str], other: dict[Key, str]) -> None:
    met = [found async for found in merged(stream(one), stream(other))]
    assert met == [(key, one.get(key), other.get(key)) for key in sorted(one.keys() | other.keys())]


def sentences(present: differences.Row | None, rebuilt: differences.Row | None, *, with_values: bool) -> list[str]:
    return [d.sentence(with_values=with_values) for d in differences.between(ASSET, present, rebuilt)]


def test_equal_rows_have_no_difference() -> None:
    assert sentences(PRESENT, dict(PRESENT), with_values=True) == []


def test_each_part_that_differs_is_named_with_its_values_where_asked() -> None:
    rebuilt = PRESENT | {"status": "QUERY", "state": {"model": "M-2", "place": {"uprn": "1"}}}
    assert sentences(PRESENT, rebuilt, with_values=True) == [
        'asset A1: status is "NOTIFIED" and rebuilt "QUERY"',
        'asset A1: state.model is "M-1" and rebuilt "M-2"',
        "asset A1: state.phases is 1 and rebuilt empty",
    ]


def test_values_are_not_shown_unasked() -> None:
    rebuilt = PRESENT | {"state": {"model": "M-1", "phases": 1, "place": {"uprn": "2"}}}
    (said,) = sentences(PRESENT, rebuilt, with_values=False)
    assert said.startswith("asset A1: state.place is #")
    assert "uprn" not in said


def test_equal_values_have_equal_digests() -> None:
    one, other = sentences(PRESENT, PRESENT | {"status": "QUERY", "state": "QUERY"}, with_values=False)
    assert one.rpartition(" ")[2] == other.rpartition(" ")[2]


@pytest.mark.parametrize(
    ("present", "rebuilt", "said"),
    [
        (PRESENT, None, "asset A1 is in the register and does not follow from the journal"),
        (None, PRESENT, "asset A1 follows from the journal and is missing in the register"),
    ],
)
def test_what_only_one_register_has_is_named_whole(
    present: differences.Row | None, rebuilt: differences.Row | None, said: str
) -> None:
    assert sentences(present, rebuilt, with_values=False) == [said]


def test_no_subject_is_named_by_what_may_be_personal() -> None:
    personal = ("reference", "sender_asset_ref", "value", "mpan", "serial")
    assert [s.name for s in SUBJECTS if any("{" + name in s.words for name in personal)] == []
