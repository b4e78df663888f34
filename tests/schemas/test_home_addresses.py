"""Which home a written address means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.home_addresses import AddressRelation, address_key, address_relation

HERE, THERE = "LS2 8BT", "LS2 8BU"
SAME_HOME, SAME_BUILDING = AddressRelation.SAME_HOME, AddressRelation.SAME_BUILDING
BLOCK_AND_UNIT = AddressRelation.BLOCK_AND_UNIT
DIFFERENT, UNKNOWN = AddressRelation.DIFFERENT, AddressRelation.UNKNOWN


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "Flat 2, 10 High St",
            "2/10 High Street",
            "Flat 2/10 High Street",
            "10 High Street, Flat 2",
            "APARTMENT 2 10 HIGH STREET",
            "Apt. 2, No. 10 High St., Leeds, LS2 8BT",
            "2, 10 High Street",
            "Flat 2 - 10 High Street",
            "Unit 02\n10 High Street\nLeeds",
            "High Street 10, flat 2",
        ),
        ("10A High Street", "10 a High St", "Flat A, 10 High Street", "10a, High Street"),
        ("10-12 High Street", "10 - 12 High St", "10 to 12 High Street"),
        ("Rose Cottage, Mill Lane", "ROSE COTTAGE Mill Ln", "Rose Cott., Mill Lane, Leeds", "Rose Cottage"),
        ("The Willows, Mill Lane", "Willows, Mill Lane"),
        ("St. Mary\u2019s House, Mill Lane", "St Marys House, Mill Lane", "Saint Mary's House"),
        ("12 Rose Court", "Flat 12, Rose Court", "Apartment 12 Rose Ct, Mill Lane"),
        ("First Floor Flat, 10 High Street", "1st floor, 10 High Street", "10 High Street, first floor flat"),
        ("Annexe, 10 High Street", "The Annex at 10 High Street"),
        ("Plot 12, Meadow Rise", "plot no. 12", "PLOT 12 MEADOW RISE"),
        ("Caf\u00e9 House, Mill Lane", "CafÃ© House, Mill Lane"),
    ],
)
def test_one_home_has_one_key_however_it_is_written(spellings: tuple[str, ...]) -> None:
    keys = {address_key(line, HERE) for line in spellings}
    assert len(keys) == 1 and None not in keys


@pytest.mark.parametrize(
    "line",
    [
        None,
        "",
        "not applicable",
        "High Street",
        "High Street, Leeds",
        "Leeds",
        "Leeds, West Yorkshire",
        "Manor Farm Road",
        "Flat 2, High Street",
        "Land rear of 10 High Street",
        "Garage adjacent to 10 High Street",
        "LS2 8BT",
    ],
)
def test_without_a_number_or_a_name_there_is_no_key(line: str | None) -> None:
    assert address_key(line, HERE) is None


def test_without_a_whole_postcode_there_is_no_key() -> None:
    assert address_key("10 High Street", "LS2") is None
    assert address_key("10 High Street", None) is None


def test_a_plot_is_not_the_house_of_that_number() -> None:
    assert address_key("Plot 12, Mill Lane", HERE) != address_key("12 Mill Lane", HERE)
    assert address_relation("Plot 12, Mill Lane", HERE, "12 Mill Lane", HERE) is UNKNOWN


def test_in_edinburgh_the_house_comes_before_the_stroke() -> None:
    assert address_key("10/2 High Street", "EH1 1AA") == address_key("Flat 2, 10 High Street", "EH1 1AA")
    assert address_key("0/1, 10 Byres Road", "G12 8AA") == address_key("Flat 0/1, 10 Byres Road", "G12 8AA")


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("12 High Street", "12 High St, Leeds", SAME_HOME),
        ("12 High Street", "12", SAME_HOME),
        ("12 High Street", "12 Hihg Street", SAME_HOME),
        ("Rose Cottage, 10 Mill Lane", "Rose Cottage, Mill Lane", SAME_HOME),
        ("Rose Cotage, Mill Lane", "Rose Cottage, Mill Lane", SAME_HOME),
        ("12 Rose Court, 10 High Street", "Flat 12, Rose Court", SAME_HOME),
        ("Flat 2, 10 Mill Lane", "Flat 3, 10 Mill Lane", SAME_BUILDING),
        ("10A Mill Lane", "10B Mill Lane", SAME_BUILDING),
        ("Flat 2, 10 Mill Lane", "10 Mill Lane", BLOCK_AND_UNIT),
        ("10A Mill Lane", "10 Mill Lane", BLOCK_AND_UNIT),
        ("10 Mill Lane", "12 Mill Lane", DIFFERENT),
        ("Flat 2, 10 Mill Lane", "Flat 2, 12 Mill Lane", DIFFERENT),
        ("Rose Cottage", "Ivy Lodge", DIFFERENT),
        ("Plot 12", "Plot 14", DIFFERENT),
        ("10-12 Mill Lane", "10 Mill Lane", UNKNOWN),
        ("12 High Street", "12 Mill Lane", UNKNOWN),  # two streets of one postcode
        ("Rose Cottage", "12 Mill Lane", UNKNOWN),
        ("Rose Cottage", "Ivy Cottage", UNKNOWN),
        ("First floor flat, 10 Mill Lane", "Flat 2, 10 Mill Lane", UNKNOWN),
        ("Land adjacent to 10 Mill Lane", "10 Mill Lane", UNKNOWN),
        ("12 High Street", None, UNKNOWN),
    ],
)
def test_how_two_addresses_of_one_postcode_relate(one: str, other: str | None, relation: AddressRelation) -> None:
    assert address_relation(one, HERE, other, HERE) is relation
    assert address_relation(other, HERE, one, HERE) is relation


def test_another_postcode_is_another_home_unless_it_may_be_a_slip() -> None:
    assert address_relation("12 High Street", HERE, "14 High Street", THERE) is DIFFERENT
    assert address_relation("12 High Street", HERE, "12 High Street", "CF10 3AT") is DIFFERENT
    assert address_relation("12 High Street", HERE, "12 High St", THERE) is UNKNOWN
    assert address_relation("12 High Street", HERE, "12 High Street", None) is UNKNOWN


streets = st.sampled_from(["High Street", "Mill Lane", "Station Road", "Orchard Close", "St John's Rise"])
numbers = st.integers(1, 400)


@given(numbers, numbers, streets, st.sampled_from(["", ", Leeds", ", LS2 8BT"]))
def test_a_flat_is_found_in_every_way_of_writing_it(flat: int, house: int, street: str, end: str) -> None:
    written = (
        f"Flat {flat}, {house} {street}{end}",
        f"{house} {street}, Apt {flat}{end}",
        f"{flat}/{house} {street.upper()}{end}",
        f"flat {flat} {house} {street}{end}",
    )
    assert {address_key(line, HERE) for line in written} == {f"{HERE}|{flat}|{house}"}


@given(st.text(), st.text(), st.sampled_from([HERE, THERE, "LS2", None]))
def test_the_order_of_the_two_does_not_matter_and_no_line_makes_it_raise(
    one: str, other: str, postcode: str | None
) -> None:
    forth = address_relation(one, HERE, other, postcode)
    assert forth is address_relation(other, postcode, one, HERE)
    key = address_key(one, HERE)
    assert key is None or address_relation(one, HERE, one, HERE) is SAME_HOME


@given(
    *[st.tuples(st.sampled_from(["", "Flat 1, ", "Flat 2, "]), numbers, streets).map(lambda t: f"{t[0]}{t[1]} {t[2]}")]
    * 2
)
def test_one_key_means_one_home_or_a_street_that_differs(one: str, other: str) -> None:
    if address_key(one, HERE) == address_key(other, HERE):
        assert address_relation(one, HERE, other, HERE) in (SAME_HOME, UNKNOWN)
    else:
        assert address_relation(one, HERE, other, HERE) is not SAME_HOME
