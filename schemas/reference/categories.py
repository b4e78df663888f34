"""Which categories may be one device told in different words, and which pairs are two devices counted once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from schemas.reference.in_use import kept
from schemas.reference.load import MARKS, asset_categories
from schemas.reference.read import index, rows

ANY = "*"


class CategoryAgreement(StrEnum):
    """SAME: one word. GROUP: two words for what may be one device. RELATED: two devices that share a load or a box
    (`category_relation`). APART: two devices.
    """

    SAME = "same"
    GROUP = "group"
    RELATED = "related"
    APART = "apart"


class Sharing(StrEnum):
    """ONE_LOAD: both draw one load, which counts once. ONE_BOX: both feed through one box, whose rating counts once."""

    ONE_LOAD = "one_load"
    ONE_BOX = "one_box"


@dataclass(frozen=True, slots=True)
class CategoryRelation:
    """Two categories, in the order of the alphabet, and what two devices of them share at one place."""

    categories: tuple[str, str]
    sharing: Sharing
    mark: str
    provenance: str


@kept
def category_groups(override: Path | None = None) -> Mapping[str, str]:
    """The group of every category; `*` agrees with each."""
    known = tuple(asset_categories(override))
    entries = []
    for row in rows("category_groups.csv", ("category", "group", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        group = row.matching("group", r"[a-z_]+|\*", "small letters, or *")
        entries.append((row, row.one_of("category", known), group))
    found = index(entries, "category")
    if missing := [category for category in known if category not in found]:
        entries[-1][0].wrong("category", f"is the last, and no line has {missing[0]}")
    return found


@kept
def category_relations(override: Path | None = None) -> Mapping[frozenset[str], CategoryRelation]:
    """Relations by the two categories."""
    known = tuple(asset_categories(override))
    entries = []
    for row in rows("category_relations.csv", ("category_a", "category_b", "relation", "mark", "provenance"), override):
        a, b = sorted((row.one_of("category_a", known), row.one_of("category_b", known)))
        if a == b:
            row.wrong("category_b", "must differ from category_a")
        sharing = Sharing(row.one_of("relation", tuple(Sharing)))
        relation = CategoryRelation((a, b), sharing, row.one_of("mark", MARKS), row.text("provenance"))
        entries.append((row, frozenset((a, b)), relation))
    return index(entries, "category_b")


def category_relation(one: str, other: str) -> CategoryRelation | None:
    """What devices of two categories share, if anything."""
    return category_relations().get(frozenset((one, other)))


def category_agreement(one: str, other: str) -> CategoryAgreement:
    """Whether two categories may be one device; a category that no table has agrees with itself alone."""
    if one == other:
        return CategoryAgreement.SAME
    if category_relation(one, other) is not None:
        return CategoryAgreement.RELATED
    groups = category_groups()
    group, other_group = groups.get(one), groups.get(other)
    if group is None or other_group is None:
        return CategoryAgreement.APART
    return CategoryAgreement.GROUP if group == other_group or ANY in (group, other_group) else CategoryAgreement.APART
