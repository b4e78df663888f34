"""Make text from forms, spreadsheets and feeds comparable before any check looks at it."""

import re
import unicodedata
from functools import lru_cache

from schemas.reference import load
from schemas.reference.in_use import REMEMBERED

# Spreadsheets show long numbers as 1.01235E+12. Up to three digits of exponent, so that a supply number whose
# tariff id holds an E between digits is not taken for one.
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]{1,3}", re.IGNORECASE)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]{2,}")
_POINT_ZERO = re.compile(r"([0-9]+)\.0*")


@lru_cache(maxsize=REMEMBERED)
def clean(text: str | None) -> str:
    """NFKC, UTF-8 read as Latin mended, nothing invisible, single spaces, no quotes around; "" for None."""
    if text is None:
        return ""
    if text.isascii() and text.isprintable():
        # Nothing to fold or to take out; most of what is read is so, and files of millions of rows are read.
        return " ".join(text.split()).strip("'\"` ")
    shown = "".join(_shown(character) for character in (text if text.isascii() else _mended(text)))
    return " ".join(shown.split()).strip("'\"` ")


def _shown(character: str) -> str:
    """A space for what separates or controls; nothing for soft hyphens, zero-width marks and the like."""
    if " " < character < "\x7f":
        return character
    category = unicodedata.category(character)
    return "" if category == "Cf" else " " if category[0] in "ZC" else character


def _mended(text: str) -> str:
    """NFKC of the text whose garbled stretches are read as the UTF-8 they were, until nothing changes."""
    while (mended := unicodedata.normalize("NFKC", _BEYOND_ASCII.sub(_as_utf8, text))) != text:
        text = mended
    return text


def _as_utf8(stretch: re.Match[str]) -> str:
    # Only a stretch that is right UTF-8 byte for byte was garbled: the accent of a real name never is.
    try:
        return b"".join(_byte(character) for character in stretch[0]).decode("utf-8")
    except UnicodeError:
        return stretch[0]


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")  # the five bytes that Windows-1252 leaves open


@lru_cache(maxsize=REMEMBERED)
def spelling_key(text: str) -> str:
    """Case-folded letters and digits without accents or separators, by which spellings of a name are compared."""
    shown = clean(text)
    if not shown.isascii():
        shown = "".join(c for c in unicodedata.normalize("NFD", shown) if not unicodedata.combining(c))
    spoken = shown.casefold().replace("&", " and ").replace("+", " plus ")
    return "".join(filter(str.isalnum, spoken))


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
