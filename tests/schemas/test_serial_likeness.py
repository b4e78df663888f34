"""In which way two serial numbers are near each other."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.device_codes import normalise_serial
from schemas.reference import matching
from schemas.serial_likeness import Containment, SerialLikeness, consecutive, containment, serial_likeness

SAME, CONFUSABLE = SerialLikeness.SAME, SerialLikeness.CONFUSABLE
CONSECUTIVE, CONTAINED = SerialLikeness.CONSECUTIVE, SerialLikeness.CONTAINED
TYPO, DIFFERENT = SerialLikeness.TYPO, SerialLikeness.DIFFERENT

serials = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=16)


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("CE2047G731", "CE2047G731", SAME),
        ("CE2O47G731", "CE2047G731", CONFUSABLE),
        ("BZ1S0L", "8215O1", CONFUSABLE),
        ("CE2047G731", "CE2047G732", CONSECUTIVE),  # one slip apart, yet neighbours off one line
        ("CE2047G739", "CE2047G740", CONSECUTIVE),
        ("ASB12345678X", "ASB12345679X", CONSECUTIVE),
        ("20480731", "20480778", CONSECUTIVE),
        ("CE2047G731", "CE2047G931", TYPO),
        ("CE2047G731", "CE2074G731", TYPO),
        ("CE2047G731", "CE2047G73", TYPO),
        ("CE2047G731", "CF2047G731", TYPO),
        ("CE2047G731", "CE2047G7311", TYPO),
        ("0020480731", "20480731", CONTAINED),
        ("020480731", "20480731", CONTAINED),  # a slip, but the one that spreadsheets make
        ("SN20480731", "20480731", CONTAINED),
        ("109217003TG2048073", "TG2048073", CONTAINED),
        ("TG2048073", "TG2048073REV2", CONTAINED),
        ("CE2047G731", "CE2047H932", DIFFERENT),
        ("CE2047G731", "CF2047G732", DIFFERENT),
        ("G731", "CE2047G731", DIFFERENT),
    ],
)
def test_the_kind_of_nearness_is_told(one: str, other: str, likeness: SerialLikeness) -> None:
    assert serial_likeness(one, other) is likeness
    assert serial_likeness(other, one) is likeness


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [
        ("0020480731", "20480731", Containment.LEADING_ZEROS),
        ("SN204807", "204807", Containment.LABEL),
        ("AB20480731", "20480731", Containment.HEAD),
        ("20480731AB", "20480731", Containment.TAIL),
        ("AB204807", "204807", None),
        ("20480731", "20480731", None),
    ],
)
def test_what_the_longer_serial_has_more_is_named(one: str, other: str, part: Containment | None) -> None:
    assert containment(one, other) is containment(other, one) is part


@given(serials, serials)
def test_likeness_has_no_order_and_only_equal_serials_are_the_same(one: str, other: str) -> None:
    assert serial_likeness(one, other) is serial_likeness(other, one)
    assert serial_likeness(one, one) is SAME
    assert (serial_likeness(one, other) is SAME) == (one == other)


@given(st.text(string.ascii_uppercase, max_size=4), st.integers(0, 10**8), st.integers(1, 60))
def test_neighbours_off_one_line_are_never_taken_for_a_slip(head: str, number: int, step: int) -> None:
    one, other = f"{head}{number:09d}", f"{head}{number + step:09d}"
    near = step <= matching.limits().serial_consecutive_within
    assert consecutive(one, other) or not near
    assert serial_likeness(one, other) is CONSECUTIVE or not near


@given(serials, st.integers(0, 15), st.sampled_from(string.ascii_uppercase + string.digits))
def test_every_single_slip_is_found_under_one_name_or_another(serial: str, place: int, character: str) -> None:
    place %= len(serial) + 1
    for slipped in (
        serial[:place] + character + serial[place:],
        serial[:place] + character + serial[place + 1 :],
        serial[:place] + serial[place + 1 : place + 2] + serial[place : place + 1] + serial[place + 2 :],
    ):
        assert serial_likeness(serial, slipped) is not DIFFERENT


def test_serials_are_compared_in_the_form_that_normalising_gives() -> None:
    one, other = normalise_serial("S/N: ce-2047-g731").normal, normalise_serial("CE2047 G731").normal
    assert one is not None and other is not None
    assert serial_likeness(one, other) is SAME
