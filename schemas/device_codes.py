"""Serial numbers of devices as people type them."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache

from schemas.cleaning import REMEMBERED, clean, is_null
from schemas.reference import load

_CONFUSABLE = str.maketrans("OILSBZ", "011582")

# A serial such as 12E34 is a serial; only a mantissa with a point, or E+, is a spreadsheet's doing.
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+E[+-]?[0-9]{1,3}|E\+[0-9]{1,3})")
_POINT_ZERO = re.compile(r"[0-9]{6,}\.0")


class SerialProblem(StrEnum):
    ABSENT = "absent"
    PLACEHOLDER = "placeholder"
    SCIENTIFIC_NOTATION = "scientific_notation"
    NO_CHARACTERS = "no_characters"


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial number as given and in the form by which it is compared, or why it tells nothing."""

    raw: str | None = field(default=None, repr=False)
    normal: str | None = field(default=None, repr=False)
    problem: SerialProblem | None = None
    sentence: str | None = None


def normalise_serial(text: str | None, placeholders: Collection[str] | None = None) -> Serial:
    """NFKC, upper case, letters and digits only; `raw` keeps what was typed.

    What people type for want of a serial (the reference list, and one character repeated) is no serial, and a
    serial that a spreadsheet has rounded cannot be recovered.
    """
    return _normalised(text, None if placeholders is None else frozenset(placeholders))


@lru_cache(maxsize=REMEMBERED)
def _normalised(text: str | None, placeholders: frozenset[str] | None) -> Serial:
    if is_null(text):
        return Serial(text, None, SerialProblem.ABSENT)
    shown = clean(text).upper()
    if _ROUNDED.fullmatch(shown.replace(" ", "")):
        return Serial(
            text,
            None,
            SerialProblem.SCIENTIFIC_NOTATION,
            "A spreadsheet has rounded the serial number and its last digits are lost; "
            "format the column as text and copy it from the label again.",
        )
    normal = _letters_and_digits(shown[:-2] if _POINT_ZERO.fullmatch(shown) else shown)
    if not normal:
        return Serial(text, None, SerialProblem.NO_CHARACTERS, "The serial number holds no letter or digit.")
    if len(set(normal)) == 1 or normal in _forms(placeholders):
        return Serial(
            text,
            None,
            SerialProblem.PLACEHOLDER,
            "This is what people type where they have no serial number; copy the one on the label.",
        )
    return Serial(text, normal)


def confusable_form(serial: str) -> str:
    """A serial with characters that people misread made equal (O=0, I=L=1, S=5, B=8, Z=2); for review."""
    return _letters_and_digits(clean(serial).upper()).translate(_CONFUSABLE)


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


@cache
def _forms(placeholders: frozenset[str] | None) -> frozenset[str]:
    """Placeholders in the form of a normal serial; none given takes the reference list."""
    words = load.placeholder_serials() if placeholders is None else placeholders
    return frozenset(_letters_and_digits(word.upper()) for word in words)
