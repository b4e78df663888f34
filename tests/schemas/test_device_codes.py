"""What people type where a serial number is asked for, and what the hub makes of it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.device_codes import SerialDoubt, SerialProblem, normalise_serial
from schemas.mpan import check_digit
from schemas.reference import load


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("S/N: TG2048073", "TG2048073"),
        ("SN TG2048073", "TG2048073"),
        ("Serial no. TG2048073", "TG2048073"),
        ("serial number # TG-2048-073", "TG2048073"),
        ("S/N: SN TG2048073", "TG2048073"),
        ("SN2048073", "2048073"),
        ("SN 2048-073", "2048073"),
        ("SN-1111111", "SN1111111"),  # without its letters it would be what people make up
        ("SNAP2048073", "SNAP2048073"),
        ("NO2048073", "NO2048073"),  # letters of the number itself: nothing sets them apart
        ("'002048073", "002048073"),
        ('="002048073"', "002048073"),
        ("20480731.0", "20480731"),
        ("20480731.00", "20480731"),
        ("\u0421\u04152047G731", "CE2047G731"),  # Cyrillic look-alikes
        ("\u03a4G2048073", "TG2048073"),  # Greek
        ("TG2\u00d8480731", "TG20480731"),
        ("\ufb01t2048073", "FIT2048073"),
        ("\u00ef\u00bb\u00bfTG2048073", "TG2048073"),  # a byte order mark read as Latin
        ("TG20\u200b48\u00ad073", "TG2048073"),
        ("12-34/ab.c", "1234ABC"),
    ],
)
def test_a_serial_is_read_through_what_surrounds_it(text: str, normal: str) -> None:
    serial = normalise_serial(text)
    assert (serial.normal, serial.problem, serial.doubt) == (normal, None, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1.23E+11", SerialProblem.SCIENTIFIC_NOTATION),
        ("1,23456E+15", SerialProblem.SCIENTIFIC_NOTATION),
        ("2.00006E+12", SerialProblem.SCIENTIFIC_NOTATION),
        ("S/N: 1.2 x 10^11", SerialProblem.SCIENTIFIC_NOTATION),
        ("12345678", SerialProblem.PLACEHOLDER),
        ("987654321", SerialProblem.PLACEHOLDER),
        ("1234567890.0", SerialProblem.PLACEHOLDER),
        ("ABC-123", SerialProblem.PLACEHOLDER),
        ("XXXXXXXX", SerialProblem.PLACEHOLDER),
        ("000001", SerialProblem.PLACEHOLDER),
        ("Test 0001", SerialProblem.PLACEHOLDER),
        ("S/N", SerialProblem.PLACEHOLDER),
        ("see photo 2", SerialProblem.PLACEHOLDER),
        ("on site", SerialProblem.PLACEHOLDER),
        ("Awaiting delivery", SerialProblem.PLACEHOLDER),
        ("ask John", SerialProblem.PLACEHOLDER),
        ("12/03/2027", SerialProblem.DATE),
        ("2027-03-12", SerialProblem.DATE),
        ("3 Mar 2027", SerialProblem.DATE),
        ("****2048", SerialProblem.MASKED),
        ("XXXXXX2048", SerialProblem.MASKED),
        ("LS2 8BT", SerialProblem.POSTCODE),
        ("1012345678903", SerialProblem.MPAN),
        ("10 1234 5678 903", SerialProblem.MPAN),
        ("00 801 100 10 1234 5678 903", SerialProblem.MPAN),
        ("Tesla", SerialProblem.MAKER_OR_MODEL),
        ("GivEnergy", SerialProblem.MAKER_OR_MODEL),
        ("Tesla Powerwall 2", SerialProblem.MAKER_OR_MODEL),
        ("POWERWALL2", SerialProblem.MAKER_OR_MODEL),
        ("TG2048073 / TG2048074", SerialProblem.SEVERAL),
        ("TG2048073, TG2048074, TG2048075", SerialProblem.SEVERAL),
        ("//", SerialProblem.NO_CHARACTERS),
    ],
)
def test_what_is_no_serial_says_so_and_what_to_do(text: str, problem: SerialProblem) -> None:
    serial = normalise_serial(text)
    assert (serial.problem, serial.normal) == (problem, None)
    assert serial.sentence is not None and serial.sentence.endswith(".")


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("a4:cf:12:7b:00:3e", SerialDoubt.MAC_ADDRESS),
        ("A4-CF-12-7B-00-3E", SerialDoubt.MAC_ADDRESS),
        ("E12M01000723", SerialDoubt.METER_SERIAL),
        ("21L1204807", SerialDoubt.METER_SERIAL),
    ],
)
def test_what_may_be_another_things_number_stays_a_serial_with_a_doubt(text: str, doubt: SerialDoubt) -> None:
    serial = normalise_serial(text)
    assert serial.normal is not None and serial.problem is None
    assert serial.doubt is doubt
    assert serial.sentence is not None


def test_a_13_digit_serial_that_is_no_meter_point_stays_a_serial() -> None:
    assert normalise_serial("1012345678904").normal == "1012345678904"  # the check digit does not fit
    assert normalise_serial("9900011122236").normal == "9900011122236"  # no network operator has 99


@given(st.sampled_from(sorted(load.distributors())), st.integers(0, 10**10 - 1))
def test_no_meter_point_number_of_a_known_network_is_a_serial(distributor: str, number: int) -> None:
    first_12 = f"{distributor}{number:010d}"
    assert normalise_serial(first_12 + check_digit(first_12)).normal is None


@given(st.text(string.ascii_letters + string.digits + " -/:.#'", max_size=24))
def test_the_normal_form_is_its_own_and_sentences_never_repeat_what_was_typed(text: str) -> None:
    serial = normalise_serial(text)
    if serial.normal is not None:
        assert normalise_serial(serial.normal).normal == serial.normal
        assert serial.normal.isalnum() and serial.normal == serial.normal.upper()
    if serial.sentence is not None and any(character.isdigit() for character in text):
        assert text not in serial.sentence
