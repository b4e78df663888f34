"""Meter point numbers: the 13 digits of an MPAN, alone or inside a 21- or 22-character supply number.

A passing check digit never means the right MPAN: the last two digits swapped pass in 91 % of cases, so the
resolver confirms against a registry, an address or a meter serial.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from operator import mul

from schemas.cleaning import clean, is_null, is_scientific, without_point_zero
from schemas.reference import load
from schemas.reference.in_use import remembered

_WEIGHTS = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)

# Profile class, then 3 digits (legacy meter time-switch code) or 4 (standard settlement configuration, from
# 22 September 2025), then a line loss factor class or tariff id that may hold letters, then the core.
_SUPPLY_NUMBER = {
    21: re.compile(r"([0-9]{2})([0-9]{3})([0-9A-Z]{3})([0-9]{13})"),
    22: re.compile(r"([0-9]{2})([0-9]{4})([0-9A-Z]{3})([0-9]{13})"),
}


class MpanProblem(StrEnum):
    NULL_MARKER = "null_marker"
    SCIENTIFIC_NOTATION = "scientific_notation"
    GAS_MPRN = "gas_mprn"
    TRANSMISSION_MSID = "transmission_msid"
    NOT_DIGITS = "not_digits"
    WRONG_LENGTH = "wrong_length"
    TOP_LINE = "top_line"
    DISTRIBUTOR_BELOW_10 = "distributor_below_10"
    CHECK_DIGIT = "check_digit"


class MpanWarning(StrEnum):
    UNKNOWN_DISTRIBUTOR = "unknown_distributor"
    SPREADSHEET_DECIMAL = "spreadsheet_decimal"


@dataclass(frozen=True, slots=True)
class TopLine:
    """What stands before the core in a supply number."""

    profile_class: str
    time_switch_code: str | None  # 21 characters only
    settlement_configuration: str | None  # 22 characters only
    tariff: str


@dataclass(frozen=True, slots=True)
class ParsedMpan:
    """Either a `core` of 13 digits or a `problem`, with a `sentence` that does not repeat the number."""

    core: str | None = field(default=None, repr=False)
    problem: MpanProblem | None = None
    sentence: str | None = None
    distributor_id: str | None = None
    top_line: TopLine | None = None
    warnings: tuple[MpanWarning, ...] = ()

    @property
    def absent(self) -> bool:
        """Nothing was given, which is no mistake."""
        return self.problem is MpanProblem.NULL_MARKER


def check_digit(first_12: str) -> str:
    """The 13th digit that belongs to twelve: weighted sum mod 11, then mod 10.

    Raises ValueError unless given exactly twelve digits, for callers hand it digits they have checked.
    """
    if not re.fullmatch("[0-9]{12}", first_12):
        raise ValueError("a check digit is computed from exactly twelve digits")
    # Of the bytes' values less that of "0": files of millions of numbers are checked.
    weighted = sum(map(mul, first_12.encode("ascii"), _WEIGHTS)) - ord("0") * sum(_WEIGHTS)
    return str(weighted % 11 % 10)


def parse_mpan(text: str | None, known_distributors: Collection[str] | None = None) -> ParsedMpan:
    """Read what a person or system wrote as an MPAN.

    Spaces, hyphens, a leading S, a supply number's top line and a spreadsheet's ".0" are removed; digits are
    never guessed or padded. A distributor id that is not in the reference table is accepted with a warning,
    since more are being issued.
    """
    return _read(text, None if known_distributors is None else frozenset(known_distributors))


@remembered
def _read(text: str | None, known_distributors: frozenset[str] | None) -> ParsedMpan:
    if is_null(text):
        return _problem(MpanProblem.NULL_MARKER, "No MPAN was given.")
    compact = re.sub(r"[\s\-\u2010-\u2015_/]", "", clean(text).upper())
    if is_scientific(compact):
        return _problem(
            MpanProblem.SCIENTIFIC_NOTATION,
            "A spreadsheet has turned the MPAN into a rounded number and its last digits are lost; "
            "format the column as text and copy the MPAN again.",
        )
    digits = without_point_zero(compact)
    warnings = () if digits == compact else (MpanWarning.SPREADSHEET_DECIMAL,)
    characters = digits[1:] if digits.startswith("S") and len(digits) - 1 in _SUPPLY_NUMBER else digits
    if len(characters) in _SUPPLY_NUMBER:
        return _from_supply_number(characters, warnings, known_distributors)
    if not re.fullmatch("[0-9]+", characters):
        return _problem(MpanProblem.NOT_DIGITS, "An MPAN is 13 digits; this holds other characters.")
    if len(characters) != 13:
        return _of_wrong_length(len(characters))
    return _from_core(characters, None, warnings, known_distributors)


def _from_supply_number(
    characters: str, warnings: tuple[MpanWarning, ...], known_distributors: Collection[str] | None
) -> ParsedMpan:
    parts = _SUPPLY_NUMBER[len(characters)].fullmatch(characters)
    if parts is None:
        return _problem(
            MpanProblem.TOP_LINE,
            f"A supply number of {len(characters)} characters is digits, save for the three of the tariff; "
            "copy it again or give its last 13 digits alone.",
        )
    profile_class, middle, tariff, core = parts.groups()
    legacy = len(characters) == 21
    top_line = TopLine(profile_class, middle if legacy else None, None if legacy else middle, tariff)
    return _from_core(core, top_line, warnings, known_distributors)


def _from_core(
    core: str,
    top_line: TopLine | None,
    warnings: tuple[MpanWarning, ...],
    known_distributors: Collection[str] | None,
) -> ParsedMpan:
    distributor_id = core[:2]
    if distributor_id < "10":
        return _problem(
            MpanProblem.DISTRIBUTOR_BELOW_10,
            "The first two digits of an MPAN name its network operator and are 10 or more; check the number.",
        )
    expected = check_digit(core[:12])
    if core[12] != expected:
        return _problem(
            MpanProblem.CHECK_DIGIT,
            f"The check digit does not fit: the last digit is {core[12]}, the others call for {expected}. "
            "One of the digits is wrong; copy the MPAN from a bill or the meter again.",
        )
    if distributor_id not in (load.distributors() if known_distributors is None else known_distributors):
        warnings = (*warnings, MpanWarning.UNKNOWN_DISTRIBUTOR)
    return ParsedMpan(core, None, None, distributor_id, top_line, warnings)


def _of_wrong_length(length: int) -> ParsedMpan:
    if 6 <= length <= 10:
        return _problem(
            MpanProblem.GAS_MPRN,
            f"{length} digits look like a gas meter point (MPRN); give the electricity MPAN of 13 digits.",
        )
    if length == 4:
        return _problem(
            MpanProblem.TRANSMISSION_MSID,
            "Four digits name a metering system on the transmission network; an MPAN has 13 digits.",
        )
    return _problem(MpanProblem.WRONG_LENGTH, f"An MPAN has 13 digits; this has {length}.")


def _problem(problem: MpanProblem, sentence: str) -> ParsedMpan:
    return ParsedMpan(problem=problem, sentence=sentence)
