"""The street is searched only where numbers do not settle it: what is not read of it never changes a resolution."""

from itertools import product

import pytest

from hub.rules.meter_point import KnownMeterPoint, SuppliedLocation, resolve, searches_street
from schemas.identifiers import canonical_uprn, normalise_serial, parse_mpan
from tests.rules.test_meter_point import ESTATE, HOME, HOME_EXPORT, NEXT_DOOR, SWAPPED, TODAY

STREET = (HOME, HOME_EXPORT, NEXT_DOOR, ESTATE)
IMPORTS = (None, HOME.mpan, HOME_EXPORT.mpan, ESTATE.mpan, SWAPPED, "4012345678")
EXPORTS = (None, HOME_EXPORT.mpan, NEXT_DOOR.mpan, "1")
UPRNS = (None, HOME.uprn, NEXT_DOOR.uprn, "999")
SERIALS = (None, HOME.meter_serial, ESTATE.meter_serial, "none of them")
LINES = (None, "12 High St", "14 High Street", "99 High Street")
KINDS = ("demand", "generation", "storage", "both")


def under_numbers(supplied: SuppliedLocation) -> list[KnownMeterPoint]:
    mpans = {parse_mpan(supplied.import_mpan).core, parse_mpan(supplied.export_mpan).core}
    uprn, meter = canonical_uprn(supplied.uprn).value, normalise_serial(supplied.meter_serial).normal
    return [
        p
        for p in STREET
        if p.mpan in mpans
        or (uprn is not None and p.uprn == uprn)
        or (meter is not None and normalise_serial(p.meter_serial).normal == meter)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_read_of_a_street_changes_nothing(kind: str) -> None:
    unread = 0
    for imported, exported, uprn, serial, line in product(IMPORTS, EXPORTS, UPRNS, SERIALS, LINES):
        supplied = SuppliedLocation(imported, exported, uprn, line, "NR1 3PA", serial)
        known = under_numbers(supplied)
        if not searches_street(supplied, known, kind, TODAY):
            unread += 1
            assert resolve(supplied, known, kind, TODAY) == resolve(supplied, STREET, kind, TODAY), supplied
    assert unread


@pytest.mark.parametrize(
    ("kind", "supplied", "searched"),
    [
        ("demand", {"import_mpan": HOME.mpan}, False),
        ("demand", {"uprn": HOME.uprn}, False),
        ("demand", {"address_line": "12 High Street"}, True),
        ("demand", {"import_mpan": SWAPPED}, True),
        ("generation", {"import_mpan": HOME.mpan}, True),
        ("storage", {"import_mpan": HOME.mpan}, False),
        ("storage", {"export_mpan": HOME_EXPORT.mpan}, False),
    ],
)
def test_which_locations_need_their_street(kind: str, supplied: dict[str, str], searched: bool) -> None:
    place = SuppliedLocation(**supplied, postcode="NR1 3PA")
    assert searches_street(place, under_numbers(place), kind, TODAY) is searched
