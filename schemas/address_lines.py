"""A written address taken apart: flat, number, name of the house or building, street."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.cleaning import clean, is_null
from schemas.reference.addresses import AddressWords, address_words
from schemas.reference.in_use import remembered

Words = tuple[str, ...]

_POSTCODE = re.compile(r"\b[a-z]{1,2}[0-9][0-9a-z]?\s*[0-9][a-z]{2}\b")
_BREAKS = re.compile(r"[\r\n;|()]+")
_SILENT = re.compile(r"['\u2019.]")
_NUMBER_AND_LETTER = re.compile(r"\b([0-9]+)\s+([a-h])\b(?=\s|,|$)")
_RANGE = re.compile(r"\b([0-9]+[a-z]?)\s*(?:[-\u2013]|\bto\b)\s*([0-9]+[a-z]?)\b")
_SPACED_DASH = re.compile(r"\s[-\u2013\u2014]\s")
_LEADING_NOUGHTS = re.compile(r"^0+(?=[0-9])")
_SEVERAL = r"[0-9]+[a-z]?(?:[/\\-][0-9]+[a-z]?)*"
_TOKENS = re.compile(rf"{_SEVERAL}(?!\w)|\w+")
_NUMERIC = re.compile(_SEVERAL)
# 2, 2b, b, b2, 1/2, and the Scottish 1f2 and gf2: floor and side.
_UNIT_ID = re.compile(rf"{_SEVERAL}|[a-z]|[a-z][0-9]{{1,4}}|[0-9]f[0-9]|gf[0-9]?|[bt]f[0-9]")


@dataclass(frozen=True, slots=True)
class AddressLine:
    """Parts in small letters, those not told empty; `words` are all words in their order.

    `beside` marks a place beside the home that is named ("land rear of 10 High Street").
    """

    words: Words = field(default=(), repr=False)
    unit: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    name: Words = field(default=(), repr=False)
    street: Words = field(default=(), repr=False)
    plot: str = field(default="", repr=False)
    beside: bool = False


class _Number(NamedTuple):
    value: str
    after: Words


@dataclass(slots=True)
class _Found:
    """What has been read so far, before it is settled which number is the house's."""

    units: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    numbers: list[_Number] = field(default_factory=list)
    texts: list[Words] = field(default_factory=list)
    plot: str = ""
    beside: bool = False


@remembered
def read_line(line: str | None, number_first: bool = False) -> AddressLine:
    """The parts of an address line; all empty for a missing one.

    `number_first` reads "10/2" as Flat 2 at number 10, as Edinburgh writes, and not the other way about.
    """
    if line is None or is_null(line):
        return AddressLine()
    known = address_words()
    segments = _segments(line, known)
    found = _Found()
    for words in segments:
        _read_segment(words, found, known)
    return _settled(found, tuple(word for words in segments for word in words), known, number_first)


def _segments(line: str, known: AddressWords) -> list[Words]:
    """Words in long form, by the stretches that commas and line ends make."""
    text = _SILENT.sub("", clean(_BREAKS.sub(",", line)).casefold())
    text = _NUMBER_AND_LETTER.sub(r"\1\2", _POSTCODE.sub(" ", text))
    first = next(iter(_TOKENS.findall(text)), "")
    # "10 - 12 High Street" is a range, "Flat 2 - 10 High Street" is not.
    if known.short.get(first, first) not in known.unit:
        text = _RANGE.sub(r"\1-\2", text)
    parts = _SPACED_DASH.sub(",", text).split(",")
    segments = [tuple(known.short.get(word, word) for word in _TOKENS.findall(part)) for part in parts]
    return [words for words in segments if words]


def _read_segment(words: Words, found: _Found, known: AddressWords) -> None:
    if any(word in known.beside for word in words[:3]):
        found.beside = True
    text: list[str] = []
    at = 0
    while at < len(words):
        taken = _read_unit(words[at:], found, known) or _read_number(words[at:], found, known)
        if taken == 0:
            text.append(words[at])
        elif text:
            found.texts.append(tuple(text))
            text = []
        at += taken or 1
        if taken and found.numbers and found.numbers[-1].after:
            return  # a number takes the rest of its stretch as its street
    if text:
        found.texts.append(tuple(text))


def _read_unit(words: Words, found: _Found, known: AddressWords) -> int:
    """Read a flat, a floor, an annexe, a block or a plot at the start of the words; how many words that took."""
    word, following = words[0], [w for w in words[1:3] if w not in known.number]
    skipped = 1 if len(words) > 1 and words[1] in known.number else 0
    id_follows = bool(following) and _UNIT_ID.fullmatch(following[0]) is not None
    if word in known.plot and id_follows:
        found.plot = following[0]
    elif word in known.unit:
        if not id_follows:
            if len(words) > 1 and words[1] in known.floor:
                return 1  # "flat, first floor"
            found.units.append(word)
            return 1
        found.units.append(following[0])
    elif word in known.block and id_follows and len(words) == 2 + skipped:
        found.blocks.append(following[0])
    elif word in known.annexe or (len(words) == 1 and _UNIT_ID.fullmatch(word) and not _NUMERIC.fullmatch(word)):
        found.units.append(word)
        return 1
    elif len(words) == 1 and word in known.floor:
        found.units.append(f"floor {known.floor[word]}")
        return 1
    elif word in known.floor and len(words) > 1 and (words[1] == "floor" or words[1] in known.unit):
        return _read_floor(words, found, known)
    else:
        return 0
    return 2 + skipped


def _read_floor(words: Words, found: _Found, known: AddressWords) -> int:
    """ "First floor flat", "garden flat", "2nd floor, flat 3": the flat's own number says more than its floor."""
    taken = 2 if words[1] == "floor" else 1
    if words[taken : taken + 1] and words[taken] in known.unit:
        rest = words[taken + 1 :]
        # "Ground floor flat 10 High Street" is number 10, for no other number is left for the house.
        if rest and _UNIT_ID.fullmatch(rest[0]) and (len(rest) == 1 or any(map(_NUMERIC.fullmatch, rest[1:]))):
            found.units.append(rest[0])
            return taken + 2
        taken += 1
    found.units.append(f"floor {known.floor[words[0]]}")
    return taken


def _read_number(words: Words, found: _Found, known: AddressWords) -> int:
    """Read a number and what follows it at the start of the words; how many words that took."""
    start = 1 if words[0] in known.number and len(words) > 1 else 0
    if not _NUMERIC.fullmatch(words[start]):
        return 0
    found.numbers.append(_Number(words[start], words[start + 1 :]))
    return len(words)


def _settled(found: _Found, words: Words, known: AddressWords, number_first: bool) -> AddressLine:
    unit = _unit(found)
    house = _house_number(found, known)
    others = [number for number in found.numbers if number is not house]
    if unit == "" and house is not None and others:
        unit = others[0].value
    street, number = (house.after, house.value) if house else ((), "")
    name = _name(found, others, known)
    if house is not None and _ends_in(street, known.building) and not others:
        # "12 Rose Court" is Flat 12 of Rose Court.
        name, street = street, ()
        unit, number = (unit, number) if unit else (number, "")
    on_street = any(_ends_in(text, known.street) for text in (street, *found.texts))
    unit, number = _split(unit, number, on_street, number_first)
    blocks = "".join(f"{block} " for block in found.blocks)
    return AddressLine(words, blocks + unit, number, name, street, found.plot, found.beside)


def _unit(found: _Found) -> str:
    """The flat that is numbered rather than the floor that it is on."""
    numbered = [unit for unit in found.units if not unit.startswith("floor ")]
    return _LEADING_NOUGHTS.sub("", next(iter((*numbered, *found.units)), ""))


def _house_number(found: _Found, known: AddressWords) -> _Number | None:
    """Of several numbers the one before a street; "12 Rose Court, 10 High Street" is 10."""
    on_street = [number for number in found.numbers if _ends_in(number.after, known.street)]
    with_words = [number for number in found.numbers if number.after]
    return next(iter((*on_street, *with_words, *found.numbers)), None)


def _split(unit: str, number: str, on_street: bool, number_first: bool) -> tuple[str, str]:
    """Two numbers in one: "2/10 High Street" is Flat 2 at 10, "10A" is A at 10."""
    first, stroke, second = number.replace("\\", "/").partition("/")
    if stroke and not unit:
        unit, number = (second, first) if number_first else (first, second)
    first, stroke, second = unit.replace("\\", "/").partition("/")
    if stroke and not number and on_street:
        unit, number = (second, first) if number_first else (first, second)
    if not unit and number[-1:].isalpha() and number[:-1].isdigit():
        unit, number = number[-1], number[:-1]
    return unit, _LEADING_NOUGHTS.sub("", number)


def _name(found: _Found, others: list[_Number], known: AddressWords) -> Words:
    """The name of the house or building: words that are no street, and no town, as far as words can tell."""
    for number in others:
        if _ends_in(number.after, known.building):
            return number.after
    for place, text in enumerate(found.texts):
        if name := _as_name(text, known):
            return name
        streets_follow = any(_ends_in(later, known.street) for later in found.texts[place + 1 :])
        if not _ends_in(text, known.street) and (streets_follow or found.numbers or found.units or text[0] == "the"):
            return tuple(word for word in text if word not in known.filler) if place == 0 else ()
    return ()


def _as_name(text: Words, known: AddressWords) -> Words:
    """Up to the word that ends the name of a house ("Rose Cottage Mill Lane"); empty if there is none."""
    ends = known.house | known.building
    for place, word in enumerate(text):
        # "Manor Farm Road" is a street: nothing but the street's last word follows.
        is_street = place + 2 == len(text) and text[-1] in known.street
        ended = text[place + 1 : place + 2] == () or text[place + 1] not in ends
        if place and word in ends and ended and not is_street:
            return tuple(w for w in text[: place + 1] if w not in known.filler)
    return ()


def _ends_in(words: Words, kind: frozenset[str]) -> bool:
    return bool(words) and words[-1] in kind
