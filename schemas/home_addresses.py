"""Which home a written address means, and how two written addresses relate."""

import re
from enum import StrEnum

from schemas.address_lines import AddressLine, Words, read_line
from schemas.cleaning import is_null
from schemas.edits import one_edit_apart
from schemas.place_codes import canonical_postcode
from schemas.reference.addresses import address_words
from schemas.reference.in_use import kept, remembered

_OTHER_THAN_DIGITS = re.compile("[^0-9]+")
_LETTERS = re.compile("[A-Za-z]{3}")


class AddressRelation(StrEnum):
    """SAME_HOME: one home. SAME_BUILDING: two homes of one building. BLOCK_AND_UNIT: a building, or a house, and
    one home of it, for one of the two tells no flat. DIFFERENT: two homes. UNKNOWN: too little is told.
    """

    SAME_HOME = "same_home"
    SAME_BUILDING = "same_building"
    BLOCK_AND_UNIT = "block_and_unit"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@remembered
def address_key(line: str | None, postcode: str | None) -> str | None:
    """One text for each home, however its address is written; None where no home is told.

    It is made of the postcode, the flat, and the house's number, else its name, else its plot. Without a whole
    postcode, or with a street alone, there is none. It is personal data.
    """
    code, home = canonical_postcode(postcode).canonical, read_home(line, postcode)
    if code is None or home.beside:
        return None
    if home.number:
        house = home.number
    elif home.name:
        house = " ".join(home.name)
    elif home.plot:
        house = f"plot {home.plot}"
    else:
        return None
    return f"{code}|{home.unit}|{house}"


@remembered
def address_relation(
    line_a: str | None, postcode_a: str | None, line_b: str | None, postcode_b: str | None
) -> AddressRelation:
    """How two addresses relate, by postcode, house and flat."""
    code_a, code_b = canonical_postcode(postcode_a).canonical, canonical_postcode(postcode_b).canonical
    home_a, home_b = read_home(line_a, postcode_a), read_home(line_b, postcode_b)
    if code_a is None or code_b is None:
        return AddressRelation.UNKNOWN
    if code_a != code_b:
        # One slip in the postcode of an address that is otherwise told alike proves nothing either way.
        alike = home_a.words == home_b.words and one_edit_apart(code_a, code_b)
        return AddressRelation.UNKNOWN if alike else AddressRelation.DIFFERENT
    return home_relation(home_a, home_b)


def home_relation(home_a: AddressLine, home_b: AddressLine) -> AddressRelation:
    """How two homes of one postcode relate."""
    if home_a.beside or home_b.beside:
        return AddressRelation.UNKNOWN
    building = _one_building(home_a, home_b)
    if building is None:
        return AddressRelation.UNKNOWN
    if not building:
        return AddressRelation.DIFFERENT
    if home_a.unit == home_b.unit:
        return AddressRelation.SAME_HOME
    if home_a.unit and home_b.unit:
        return AddressRelation.SAME_BUILDING if _other_units(home_a.unit, home_b.unit) else AddressRelation.UNKNOWN
    return AddressRelation.BLOCK_AND_UNIT


@remembered
def read_home(line: str | None, postcode: str | None) -> AddressLine:
    """The parts of an address line, read in the way of its postcode's area."""
    area = re.match("[A-Z]*", canonical_postcode(postcode).canonical or "")
    return read_line(line, number_first=area is not None and area[0].lower() in address_words().number_first)


def may_have_number(line: str | None, number: str) -> bool:
    """Whether a line can be that of a house of this number. Much faster than to read it, and a no is sure."""
    if line is None or number in line or not line.isascii() or not _told_in_digits():
        return line is not None
    return _OTHER_THAN_DIGITS.sub("", number) in _OTHER_THAN_DIGITS.sub("", line)


def has_words(line: str | None) -> bool:
    """Whether a line surely has words when it is read, which takes much longer.

    No postcode has so many letters in a row, and nothing else is taken out of a line.
    """
    return line is not None and line.isascii() and _LETTERS.search(line) is not None and not is_null(line)


@kept
def _told_in_digits() -> bool:
    """Whether no word of an address stands for a number."""
    return not any(any(map(str.isdigit, long)) for long in address_words().short.values())


def _one_building(a: AddressLine, b: AddressLine) -> bool | None:
    """Whether two addresses of one postcode are of one building; None if they do not say."""
    if a.number and b.number:
        if a.number == b.number:
            return None if _other_streets(a.street, b.street) else True
        if _same_name(a.name, b.name) or a.number in b.number.split("-") or b.number in a.number.split("-"):
            return None
        return False
    if a.name and b.name:
        if _same_name(a.name, b.name):
            return True
        return None if set(a.name) & set(b.name) or a.number or b.number else False
    if a.plot and b.plot and not (a.number or b.number or a.name or b.name):
        return a.plot == b.plot
    return None


def _other_units(a: str, b: str) -> bool:
    """Two units told in one way: the first floor may be Flat 2, and Flat 5 may be that of Block B."""
    ways = [(unit.startswith("floor "), any(map(str.isdigit, unit)), len(unit.split())) for unit in (a, b)]
    return ways[0] == ways[1]


def _same_name(a: Words, b: Words) -> bool:
    one, other = "".join(a), "".join(b)
    return bool(one) and (one == other or (len(one) >= 6 and one_edit_apart(one, other)))


def _other_streets(a: Words, b: Words) -> bool:
    """Two numbers alike in two streets of one postcode: no word of the one is near a word of the other."""
    if not a or not b:
        return False
    return not any(one == other or one_edit_apart(one, other) for one in a[:2] for other in b[:2])
