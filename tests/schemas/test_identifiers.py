"""What senders write as identifiers, and what the hub makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identifiers import (
    MpanProblem,
    MpanWarning,
    canonical_company_number,
    canonical_eic,
    canonical_postcode,
    canonical_uprn,
    check_digit,
    confusable_form,
    eic_check_character,
    is_null,
    mask,
    normalise_maker,
    normalise_serial,
    parse_mpan,
)

MPAN_EXAMPLES: list[tuple[str | None, str]] = [
    ("1012345678903", "1012345678903"),
    ("1234567890126", "1234567890126"),
    ("2000000000015", "2000000000015"),
    ("1100001234561", "1100001234561"),
    ("2455566677786", "2455566677786"),
    ("1700112233443", "1700112233443"),
    ("1020010015000", "1020010015000"),  # remainder 10 becomes check digit 0
    ("10 1234 5678 903", "1012345678903"),
    ("S 03 801 100 10 1234 5678 903", "1012345678903"),
    ("00 0000 100 10 1234 5678 903", "1012345678903"),
    ("01801A0B1012345678903", "1012345678903"),
    ("1012345678930", "1012345678930"),  # valid but wrong: the check digit cannot see this swap
    ("1012345678904", MpanProblem.CHECK_DIGIT),
    ("1021345678903", MpanProblem.CHECK_DIGIT),
    ("1234567890121", MpanProblem.CHECK_DIGIT),
    ("1012345678901", MpanProblem.CHECK_DIGIT),
    ("0912345678901", MpanProblem.DISTRIBUTOR_BELOW_10),
    ("9900011122236", "9900011122236"),
    ("101234567890", MpanProblem.WRONG_LENGTH),
    ("1.01235E+12", MpanProblem.SCIENTIFIC_NOTATION),
    ("4012345678", MpanProblem.GAS_MPRN),
    ("data not available", MpanProblem.NULL_MARKER),
]

MORE_MPANS: list[tuple[str | None, str]] = [
    (None, MpanProblem.NULL_MARKER),
    ("  ", MpanProblem.NULL_MARKER),
    ("Not Applicable", MpanProblem.NULL_MARKER),
    ("-", MpanProblem.NULL_MARKER),
    ("1012345678903.0", "1012345678903"),
    ("101234567890.0", MpanProblem.WRONG_LENGTH),
    ("'1012345678903", "1012345678903"),
    ("10-1234-5678-903", "1012345678903"),
    ("\uff11\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10\uff13", "1012345678903"),
    ("10\u00a01234\u20095678\u200b903", "1012345678903"),
    ("2.00006e+12", MpanProblem.SCIENTIFIC_NOTATION),
    ("018010E11012345678903", "1012345678903"),  # an E between the digits of a tariff id
    ("01X010E11012345678903", MpanProblem.TOP_LINE),
    ("7123", MpanProblem.TRANSMISSION_MSID),
    ("10123456789O3", MpanProblem.NOT_DIGITS),
    ("10123456789033", MpanProblem.WRONG_LENGTH),
    (
        "\u0661\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660\u0663",
        MpanProblem.NOT_DIGITS,
    ),
]


@pytest.mark.parametrize(("text", "expected"), MPAN_EXAMPLES + MORE_MPANS)
def test_an_mpan_is_read_or_its_fault_is_named(text: str | None, expected: str) -> None:
    parsed = parse_mpan(text)
    if isinstance(expected, MpanProblem):
        assert (parsed.core, parsed.problem) == (None, expected)
        assert parsed.sentence
    else:
        assert (parsed.core, parsed.problem) == (expected, None)
        assert parsed.distributor_id == expected[:2]


def test_the_sentence_for_a_wrong_check_digit_says_the_right_one() -> None:
    assert "call for 3" in (parse_mpan("1012345678904").sentence or "")


def test_both_generations_of_supply_number_give_up_their_top_line() -> None:
    legacy = parse_mpan("S 03 801 100 10 1234 5678 903").top_line
    current = parse_mpan("00 0000 1A0 10 1234 5678 903").top_line
    assert legacy is not None and current is not None
    assert (legacy.profile_class, legacy.time_switch_code, legacy.tariff) == ("03", "801", "100")
    assert (current.profile_class, current.settlement_configuration, current.tariff) == ("00", "0000", "1A0")


def test_an_unknown_distributor_is_accepted_with_a_warning() -> None:
    assert parse_mpan("9900011122236").warnings == (MpanWarning.UNKNOWN_DISTRIBUTOR,)
    assert parse_mpan("9900011122236", known_distributors={"99"}).warnings == ()


def test_a_spreadsheets_decimal_is_undone_and_noted() -> None:
    assert parse_mpan("1012345678903.0").warnings == (MpanWarning.SPREADSHEET_DECIMAL,)


digits_12 = st.from_regex(r"[1-9][0-9]{11}", fullmatch=True)


@given(digits_12, st.integers(0, 11), st.integers(1, 9))
def test_a_changed_digit_changes_the_remainder_and_so_is_caught_but_for_10_and_0(
    first_12: str, place: int, shift: int
) -> None:
    changed = f"{first_12[:place]}{(int(first_12[place]) + shift) % 10}{first_12[place + 1 :]}"
    # Weights are not multiples of 11, so the remainder always moves; only 0 and 10 share a check digit.
    assert _remainder(first_12) != _remainder(changed)
    if check_digit(first_12) == check_digit(changed):
        assert {_remainder(first_12), _remainder(changed)} == {0, 10}


def test_about_one_wrong_digit_in_sixty_is_missed() -> None:
    first_12s = [f"10{(number * 7919) % 10**10:010d}" for number in range(500)]
    tries = missed = 0
    for first_12 in first_12s:
        core = first_12 + check_digit(first_12)
        for place in range(2, 13):
            for digit in "0123456789".replace(core[place], ""):
                tries += 1
                missed += parse_mpan(f"{core[:place]}{digit}{core[place + 1 :]}").core is not None
    assert 0.012 < missed / tries < 0.022


@given(digits_12)
def test_swapping_the_last_two_digits_is_the_blind_spot(first_12: str) -> None:
    core = first_12 + check_digit(first_12)
    swapped = core[:11] + core[12] + core[11]
    if _remainder(first_12) != 10:
        assert parse_mpan(swapped).core == swapped or _remainder(swapped[:12]) == 10


@given(digits_12, st.sampled_from(["", " ", "-"]))
def test_every_well_formed_core_is_accepted_however_it_is_spaced(first_12: str, gap: str) -> None:
    core = first_12 + check_digit(first_12)
    written = gap.join((core[:2], core[2:6], core[6:10], core[10:]))
    assert parse_mpan(written).core == core


@given(st.text())
def test_no_text_makes_a_check_raise_and_canonical_forms_are_final(text: str) -> None:
    parsed = parse_mpan(text)
    assert (parsed.core is None) == (parsed.problem is not None)
    if parsed.core is not None:
        assert parse_mpan(parsed.core).core == parsed.core
    for canonical in (canonical_uprn, canonical_eic, canonical_company_number):
        value = canonical(text).value
        assert value is None or canonical(value).value == value
    postcode = canonical_postcode(text).canonical
    assert postcode is None or canonical_postcode(postcode).canonical == postcode
    serial = normalise_serial(text).normal
    assert serial is None or normalise_serial(serial).normal == serial
    maker = normalise_maker(text)
    assert maker is None or normalise_maker(maker) == maker
    assert confusable_form(confusable_form(text)) == confusable_form(text)


@given(digits_12)
def test_what_may_be_logged_does_not_hold_the_number(first_12: str) -> None:
    core = first_12 + check_digit(first_12)
    wrong = first_12 + str((int(check_digit(first_12)) + 1) % 10)
    assert core not in repr(parse_mpan(core))
    assert first_12 not in repr(parse_mpan(wrong))
    assert first_12[2:] not in mask(core)


@pytest.mark.parametrize(
    ("text", "canonical", "region"),
    [
        ("LS2 8BT", "LS2 8BT", "GB"),
        ("LS28BT", "LS2 8BT", "GB"),
        ("ls 28 bt", "LS2 8BT", "GB"),
        ("SE9  4QF", "SE9 4QF", "GB"),
        ("NW1\u00a02DB", "NW1 2DB", "GB"),
        ("SO15 2EB`", "SO15 2EB", "GB"),
        ("M16 OAA", "M16 0AA", "GB"),
        ("EC1A 1BB", "EC1A 1BB", "GB"),
        ("W1A 0AX", "W1A 0AX", "GB"),
        ("GIR0AA", "GIR 0AA", "GB"),
        ("\uff22\uff34\uff11 5GS", "BT1 5GS", "NI"),
        ("JE2 3AB", "JE2 3AB", "CROWN_DEPENDENCY"),
        ("IM1 1AA", "IM1 1AA", "CROWN_DEPENDENCY"),
        ("NN17", None, "GB"),
        ("BT28", None, "NI"),
        ("data not available", None, None),
        ("12345", None, None),
        ("QX1 1AA", None, None),
    ],
)
def test_a_postcode_is_mended_and_placed(text: str, canonical: str | None, region: str | None) -> None:
    postcode = canonical_postcode(text)
    assert (postcode.canonical, postcode.region) == (canonical, region)
    assert (postcode.sentence is None) == (canonical is not None or is_null(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10012345678", "10012345678"),
        ("000100023456", "100023456"),
        ("100023456.0", "100023456"),
        ("0", None),
        ("1234567890123", None),
        ("1.0001E+10", None),
        ("UPRN12", None),
        (None, None),
    ],
)
def test_a_uprn_is_compared_without_leading_zeros(text: str | None, value: str | None) -> None:
    assert canonical_uprn(text).value == value


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("10YGB----------A", True),
        ("48X000000000045Z", True),
        ("48X000000000080X", True),
        ("48X0000000002400", True),
        ("22XWATTPLUS----G", True),
        ("48x000000000045z", True),
        ("48X000000000045K", False),  # ISO 7064 MOD 37,36, which some code wrongly uses
        ("48X000000000054Z", False),
        ("10x1001a1001a50z", False),
    ],
)
def test_an_eic_is_taken_with_its_own_check_character_only(text: str, valid: bool) -> None:
    assert canonical_eic(text).value == (text.upper() if valid else None)


def test_a_minus_is_never_a_check_character() -> None:
    beginnings = [f"48X{number:012d}" for number in range(2000)]
    unusable = [begin for begin in beginnings if eic_check_character(begin) == "-"]
    assert unusable
    assert all(canonical_eic(f"{begin}-").value is None for begin in unusable)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("11014226", "11014226"),
        ("1234567", "01234567"),
        ("1234567.0", "01234567"),
        ("sc 12345", "SC012345"),
        ("IP12345R", "IP12345R"),
        ("123456789", None),
        ("00000000", None),
        ("Sole trader", None),
    ],
)
def test_a_company_number_is_padded_to_eight(text: str, value: str | None) -> None:
    assert canonical_company_number(text).value == value


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (" sn: 12-34/ab.c ", "1234ABC"),
        ("\uff33\uff2e12345", "SN12345"),
        ("12E34", "12E34"),
        ("1.23457E+14", None),
        ("2E+11", None),
        ("2048073190.0", "2048073190"),
        ("N/A", None),
        ("see photo", None),
        ("123456", None),
        ("0000000000", None),
        ("-----", None),
        (None, None),
    ],
)
def test_a_serial_is_compared_by_letters_and_digits(text: str | None, normal: str | None) -> None:
    serial = normalise_serial(text)
    assert (serial.raw, serial.normal) == (text, normal)
    assert (serial.problem is None) == (normal is not None)


def test_misread_characters_make_serials_confusable_but_not_equal() -> None:
    assert normalise_serial("B0I5Z-A").normal != normalise_serial("8O1S2A").normal
    assert confusable_form("B0I5Z-A") == confusable_form("8O1S2A")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GivEnergy Ltd", "GIVENERGY LIMITED"),
        ("Pod-Point", "pod point Ltd."),
        ("Huawei Technologies Co., Ltd.", "Huawei Technologies"),
        ("Fimer S.p.A.", "FIMER"),
        ("Smith & Sons", "Smith and Sons"),
    ],
)
def test_makers_are_the_same_for_all_their_legal_forms(one: str, other: str) -> None:
    assert normalise_maker(one) == normalise_maker(other)


def test_makers_that_differ_stay_apart() -> None:
    assert normalise_maker("Tesla") != normalise_maker("Tesla Energy")
    assert normalise_maker("unknown") is None


def _remainder(first_12: str) -> int:
    weights = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
    return sum(int(digit) * weight for digit, weight in zip(first_12, weights, strict=True)) % 11
