"""How far two written addresses agree.

Never a key by itself: estates and blocks share everything but a number.
"""

import re
from enum import IntEnum
from functools import lru_cache

from schemas.identifiers import canonical_postcode, is_null

_SHORT_FORMS = {
    "apt": "flat",
    "apartment": "flat",
    "ave": "avenue",
    "cl": "close",
    "cres": "crescent",
    "ct": "court",
    "dr": "drive",
    "gdns": "gardens",
    "gr": "grove",
    "la": "lane",
    "ln": "lane",
    "pl": "place",
    "rd": "road",
    "saint": "st",
    "sq": "square",
    "street": "st",
    "ter": "terrace",
}


class Agreement(IntEnum):
    """The more, the stronger.

    UNKNOWN: a postcode is missing. UNCLEAR: same postcode, but the lines neither match nor contradict each
    other. POSTCODE: same postcode and a line is missing.
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
    """Compare two addresses by postcode, then by the numbers in the line, then by all its words.

    A line without a usable postcode is not compared: street names repeat from town to town.
    """
    code_a, code_b = _postcode(postcode_a), _postcode(postcode_b)
    if code_a is None or code_b is None:
        return Agreement.UNKNOWN
    if code_a != code_b:
        return Agreement.DIFFERS
    words_a, words_b = _words(line_a, code_a), _words(line_b, code_b)
    if not words_a or not words_b:
        return Agreement.POSTCODE
    if words_a == words_b:
        return Agreement.FULL
    numbers_a, numbers_b = _numbers(words_a), _numbers(words_b)
    if numbers_a and numbers_a == numbers_b:
        return Agreement.HOUSE_NUMBER
    # "10 High Street" may be the block of "Flat 2, 10 High Street": one set of numbers inside the other.
    return Agreement.UNCLEAR if numbers_a <= numbers_b or numbers_b <= numbers_a else Agreement.DIFFERS


@lru_cache(maxsize=4096)
def _postcode(text: str | None) -> str | None:
    return canonical_postcode(text).canonical


def _words(line: str | None, postcode: str) -> tuple[str, ...]:
    if line is None or is_null(line):
        return ()
    # Many forms repeat the postcode at the end of the line.
    without_postcode = re.sub(re.escape(postcode).replace(r"\ ", r"\s*"), " ", line, flags=re.IGNORECASE)
    together = re.sub(r"\b([0-9]+)\s+([a-d])\b", r"\1\2", without_postcode.casefold())  # "12 A" is 12A
    words = re.findall(r"\w+", re.sub(r"['\u2019]", "", together))
    return tuple(sorted(_SHORT_FORMS.get(word, word) for word in words))


def _numbers(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for word in words if any(character.isdigit() for character in word))
