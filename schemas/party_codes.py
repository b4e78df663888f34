"""What names an organisation: energy identification codes (EIC) and company numbers."""

import re

from schemas.cleaning import clean, is_null, is_scientific, without_point_zero
from schemas.place_codes import Canonical

_EIC_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


def eic_check_character(first_15: str) -> str:
    """The 16th character of an EIC; it is not ISO 7064, which some code uses and gets wrong.

    Returns "-" for the few beginnings that no code may have. Raises ValueError unless given 15 characters of
    the alphabet.
    """
    if not re.fullmatch("[0-9A-Z-]{15}", first_15):
        raise ValueError("an EIC check character is computed from 15 of the characters 0-9, A-Z and -")
    weighted = sum((16 - place) * _EIC_ALPHABET.index(character) for place, character in enumerate(first_15))
    return _EIC_ALPHABET[36 - (weighted - 1) % 37]


def canonical_eic(text: str | None) -> Canonical:
    """An EIC of 16 characters in upper case whose check character fits."""
    if is_null(text):
        return Canonical()
    code = clean(text).upper().replace(" ", "")
    if not re.fullmatch("[0-9]{2}[XYZTVWA][0-9A-Z-]{12}[0-9A-Z]", code):
        return Canonical(sentence="An EIC is 16 characters: two digits, a type letter, twelve more, a check character.")
    expected = eic_check_character(code[:15])
    if expected == "-":
        return Canonical(sentence="No EIC may begin like this: its check character would be a minus; check the code.")
    if code[15] != expected:
        return Canonical(sentence=f"The check character of the EIC does not fit: it should be {expected}.")
    return Canonical(code)


def canonical_company_number(text: str | None) -> Canonical:
    """A Companies House number of 8 characters: digits padded on the left, or a prefix of two letters.

    None where nothing is given: sole traders, councils and charities may have no number.
    """
    if is_null(text):
        return Canonical()
    number = without_point_zero(clean(text).upper().replace(" ", ""))
    if is_scientific(number):
        return Canonical(sentence="A spreadsheet has rounded the company number; format the column as text.")
    parts = re.fullmatch("([A-Z]{2})?([0-9]{1,8})([A-Z])?", number)
    if parts is None:
        return Canonical(sentence="A company number is 8 digits, or two letters and 6 more characters.")
    prefix, digits, ending = parts[1] or "", parts[2], parts[3] or ""
    padded = f"{prefix}{digits.zfill(8 - len(prefix) - len(ending))}{ending}"
    if len(padded) != 8 or (ending and not prefix) or not int(digits):
        return Canonical(sentence="A company number is 8 digits, or two letters and 6 more characters.")
    return Canonical(padded)
