"""A model's name taken apart into words and numbers, whatever stands between them."""

import re
import unicodedata
from functools import lru_cache

from schemas.cleaning import clean
from schemas.reference.in_use import REMEMBERED

_PIECES = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W\d_]+")
_UNITS = frozenset(("kw", "kwh", "kwp", "kva"))


@lru_cache(maxsize=REMEMBERED)
def pieces(text: str) -> tuple[str, ...]:
    """Small letters and numbers: "SE3680H" is se, 3680, h; "9.50kWh" is 9.5; "IQ7+" is iq, 7, plus."""
    shown = clean(text).casefold().replace("+", " plus ").replace("&", " and ")
    if not shown.isascii():
        shown = "".join(c for c in unicodedata.normalize("NFD", shown) if not unicodedata.combining(c))
    found: list[str] = []
    for match in _PIECES.finditer(shown):
        piece = match[0]
        if "." in piece:
            piece = piece.rstrip("0").rstrip(".")
        if piece in _UNITS and found and found[-1][0].isdigit():
            continue
        found.append(piece)
    return tuple(found)


def model_key(text: str) -> str:
    """The pieces together, by which spellings of one model are equal."""
    return "".join(pieces(text))
