"""Make text from forms, spreadsheets and feeds comparable before any check looks at it."""

import re
import unicodedata
from functools import lru_cache

from schemas.reference import load

# Spreadsheets show long numbers as 1.01235E+12. Up to three digits of exponent, so that a supply number whose
# tariff id holds an E between digits is not taken for one.
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]{1,3}", re.IGNORECASE)
_POINT_ZERO = re.compile(r"([0-9]+)\.0*")


REMEMBERED = 32_768
"""Texts whose reading is kept for a while: one message's identifiers are read by several stages."""


@lru_cache(maxsize=REMEMBERED)
def clean(text: str | None) -> str:
    """NFKC, no control or invisible characters, single spaces, no quotes around; "" for None."""
    if text is None:
        return ""
    if text.isascii() and text.isprintable():
        # Nothing to fold or to take out; most of what is read is so, and files of millions of rows are read.
        return " ".join(text.split()).strip("'\"` ")
    shown = "".join(" " if unicodedata.category(c)[0] in "ZC" else c for c in unicodedata.normalize("NFKC", text))
    return " ".join(shown.split()).strip("'\"` ")


def is_null(text: str | None) -> bool:
    """Whether a field says in words or by its emptiness that there is no value."""
    cleaned = clean(text)
    return not cleaned or cleaned.casefold() in load.null_words()


def is_scientific(text: str) -> bool:
    """Whether a cleaned text is a number in scientific notation: its last digits are lost."""
    return _SCIENTIFIC.fullmatch(text) is not None


def without_point_zero(text: str) -> str:
    """The digits of "1012345678903.0": a spreadsheet's mark on a whole number, with which nothing is lost."""
    whole = _POINT_ZERO.fullmatch(text)
    return whole[1] if whole else text


def mask(text: str | None) -> str:
    """A personal identifier made fit to be shown: first and last two characters of a long one, else stars."""
    cleaned = clean(text)
    if len(cleaned) < 8:
        return "*" * len(cleaned)
    return f"{cleaned[:2]}{'*' * (len(cleaned) - 4)}{cleaned[-2:]}"
