"""Nobody writes over what he has not seen, and is told what has changed and what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules import preconditions
from hub.rules.preconditions import Tag, VersionSeen, check, etag

HISTORY = (
    VersionSeen(1, ("asset_category", "place")),
    VersionSeen(2, ("phases",)),
    VersionSeen(3, ("model", "phases")),
)


@pytest.mark.parametrize("header", ['"3"', ' "3" ', '"1", "3"', '"other","3"', 'W/"3", "3"'])
def test_whoever_names_the_present_version_may_change_it(header: str) -> None:
    assert check(header, 3, HISTORY) is None


@pytest.mark.parametrize("header", [None, "", "  ", "*"])
def test_whoever_names_no_version_is_asked_for_one(header: str | None) -> None:
    found = check(header, 3, HISTORY)
    assert found is not None
    assert (found.status, found.code, found.current) == (428, "precondition_required", '"3"')
    assert "ETag" in found.detail and found.changed_fields == ()


@pytest.mark.parametrize("header", ["3", '"3', "'3'", '"3" "2"x', '"3" "3"', '"3",', "W/3", '"3";'])
def test_what_is_no_entity_tag_is_malformed(header: str) -> None:
    found = check(header, 3)
    assert found is not None
    assert (found.status, found.code) == (400, "malformed")
    assert 'If-Match: "3"' in found.detail


@pytest.mark.parametrize(
    ("header", "changed", "said"),
    [
        ('"2"', ("model", "phases"), "since version 2"),
        ('"1"', ("model", "phases"), "since version 1"),
        ('"1", "2"', ("model", "phases"), "since version 2"),
        ('"0"', ("asset_category", "model", "phases", "place"), "since version 0"),
        ('"9"', (), "names none of its versions"),
        ('"abc"', (), "names none of its versions"),
        ('W/"3"', (), "without W/"),
        (f'"{"9" * 5000}"', (), "names none of its versions"),
    ],
)
def test_whoever_has_seen_an_older_version_is_told_what_has_changed(
    header: str, changed: tuple[str, ...], said: str
) -> None:
    found = check(header, 3, HISTORY)
    assert found is not None
    assert (found.status, found.code, found.current) == (412, "stale_version", '"3"')
    assert found.changed_fields == changed
    assert said in found.detail


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_only_the_present_version_passes(seen: int, present: int) -> None:
    assert (check(etag(seen), present) is None) is (seen == present)


@given(st.text(max_size=40), st.integers(1, 9))
def test_whatever_is_sent_gets_an_answer(header: str, version: int) -> None:
    found = check(header, version)
    if found is None:
        assert Tag(str(version)) in (preconditions.tags(header) or ())
    else:
        assert found.status in (400, 412, 428)
        assert found.detail[0].isupper() and found.detail.endswith(".")


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [(None, False), ('"3"', True), ('W/"3"', True), ('"1", "3"', True), ("*", True), ('"2"', False), ("3", False)],
)
def test_a_reader_who_has_the_version_need_not_read_it_again(header: str | None, unchanged: bool) -> None:
    assert preconditions.is_unchanged(header, 3) is unchanged
