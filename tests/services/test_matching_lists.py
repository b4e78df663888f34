"""Two lists of one site, without meter points: which rows are one technology."""

from itertools import permutations

import pytest

from hub.rules.matching import policy
from hub.services.offline_matching import Matching
from schemas.flat_notification import FlatNotification

SITE = {"category": "BESS", "capacity_kw": "49900", "address_line": "Walnut Road, Wisbech", "postcode": "PE14 7PF"}


def row(sender: str, number: int, **told: str | None) -> FlatNotification:
    name = f"{sender}-{number}"
    fields = {"notification_id": name, "sender_asset_ref": name, "sender": sender, "source_kind": "dno", **SITE, **told}
    return FlatNotification.model_validate(fields)


def joined(*rows: FlatNotification) -> set[frozenset[str]]:
    matching = Matching(policy.shipped())
    for told in rows:
        matching.take(told)
    assets: dict[object, set[str]] = {}
    for matched in matching.results():
        assets.setdefault(matched.asset_id, set()).add(matched.notification_id)
    return {frozenset(group) for group in assets.values()}


def test_a_site_whose_name_was_respelled_and_whose_postcode_was_lost_is_found() -> None:
    before = row("old", 1, address_line="LISTER HOSP, COREYS MILL LANE, Stevenage")
    after = row("new", 1, address_line="Lister Hospital, Coreys Mill Ln, Stevenage", postcode=None)
    assert joined(before, after) == {frozenset(("old-1", "new-1"))}


def test_the_rows_of_one_site_are_assigned_by_capacity() -> None:
    rows = [row(sender, n, capacity_kw=kw) for sender in ("old", "new") for n, kw in enumerate(("20000", "49900"))]
    assert joined(*rows) == {frozenset(("old-0", "new-0")), frozenset(("old-1", "new-1"))}


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_equal_rows_are_paired_by_reference_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    rows = [row(sender, n) for sender in ("old", "new") for n in (1, 2)]
    assert joined(*(rows[n] for n in order)) == {frozenset(("old-1", "new-1")), frozenset(("old-2", "new-2"))}


def test_equal_rows_are_left_apart_where_one_list_has_more_of_them() -> None:
    assert len(joined(row("old", 1), row("old", 2), row("new", 1))) == 3


def test_who_keeps_no_list_of_sites_is_not_assigned_to_one() -> None:
    assert len(joined(row("old", 1), row("new", 1, source_kind="installer", address_line="Walnut Rd"))) == 2
