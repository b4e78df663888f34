"""References do not depend on the order of rows, and differ where rows differ."""

from hypothesis import given
from hypothesis import strategies as st

from hub.cli.importing.references import Known, references

LETTERS = st.sampled_from("ab")
ASSETS = st.lists(st.builds(Known, st.tuples(LETTERS), st.tuples(LETTERS, LETTERS, LETTERS)), min_size=1, max_size=12)


@given(ASSETS, st.randoms())
def test_the_order_of_assets_does_not_matter(assets: list[Known], dice: st.DataObject) -> None:
    before = set(zip(assets, references("x", assets), strict=True))
    dice.shuffle(assets)  # type: ignore[attr-defined]
    assert set(zip(assets, references("x", assets), strict=True)) == before


@given(ASSETS)
def test_assets_share_a_reference_only_when_they_are_the_same(assets: list[Known]) -> None:
    names = references("x", assets)
    for one, name in zip(assets, names, strict=True):
        assert [other for other, its in zip(assets, names, strict=True) if its == name] == [
            other for other in assets if other == one
        ]


def test_further_columns_do_not_count_where_the_identity_is_enough() -> None:
    """So that a later snapshot, in which only they have changed, speaks of the same asset."""
    then = references("x", [Known(("mill",), ("accepted",)), Known(("farm",), ("accepted",))])
    now = references("x", [Known(("mill",), ("connected",)), Known(("farm",), ("accepted",))])
    assert then == now


def test_columns_cannot_run_into_each_other() -> None:
    one, other = references("x", [Known(("a", "bc"), ()), Known(("ab", "c"), ())])
    assert one != other
