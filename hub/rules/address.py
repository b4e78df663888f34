"""How far two written addresses agree, for the search of a meter point.

Never a key by itself: estates and blocks share everything but a number.
"""

from enum import IntEnum

from schemas.address_lines import AddressLine
from schemas.home_addresses import AddressRelation, home_relation, read_home
from schemas.identifiers import canonical_postcode


class Agreement(IntEnum):
    """The more, the stronger.

    UNKNOWN: a postcode is missing. UNCLEAR: same postcode, but the lines neither match nor contradict each
    other. POSTCODE: same postcode and a line is missing. HOUSE_NUMBER: same postcode, house and flat.
    """

    DIFFERS = -1
    UNKNOWN = 0
    UNCLEAR = 1
    POSTCODE = 2
    HOUSE_NUMBER = 3
    FULL = 4


def compare_addresses(
    line_a: str | None, postcode_a: str | None, line_b: str | None, postcode_b: str | None
) -> Agreement:
    """Compare two addresses by postcode, then by the home that the line names, then by all its words.

    A line without a usable postcode is not compared: street names repeat from town to town.
    """
    code_a, code_b = canonical_postcode(postcode_a).canonical, canonical_postcode(postcode_b).canonical
    if code_a is None or code_b is None:
        return Agreement.UNKNOWN
    if code_a != code_b:
        return Agreement.DIFFERS
    return compare_homes(read_home(line_a, postcode_a), read_home(line_b, postcode_b))


def compare_homes(home_a: AddressLine, home_b: AddressLine) -> Agreement:
    """Compare two homes of one postcode."""
    if not home_a.words or not home_b.words:
        return Agreement.POSTCODE
    if len(home_a.words) == len(home_b.words) and sorted(home_a.words) == sorted(home_b.words):
        return Agreement.FULL
    relation = home_relation(home_a, home_b)
    if relation is AddressRelation.SAME_HOME:
        return Agreement.HOUSE_NUMBER
    told_apart = relation in (AddressRelation.DIFFERENT, AddressRelation.SAME_BUILDING)
    # Two names of houses may be an old one and a new one, so that only numbers speak against each other.
    by_number = (home_a.number or home_a.unit) and (home_b.number or home_b.unit)
    return Agreement.DIFFERS if told_apart and by_number else Agreement.UNCLEAR
