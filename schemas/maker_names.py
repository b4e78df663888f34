"""Who made a device: a maker's name as people write it, and the one id of the maker that is meant."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from schemas.cleaning import clean, is_null, spelling_key
from schemas.edits import one_edit_apart, with_one_left_out
from schemas.model_pieces import model_key
from schemas.reference import aliases, load
from schemas.reference.aliases import MakerAlias, in_force
from schemas.reference.in_use import kept, remembered

LONG_NAME = 7
"""Letters from which a known name with one slip is still that name: shorter ones have real neighbours."""
MOST_WORDS = 8
"""Of a text in which a known name is looked for: a longer one is a sentence."""

_NOT_WORDS = re.compile(r"[^\w\s]|_")
_DROPPED_MARKS = re.compile(r"[.'\u2019]")
# "zappi by myenergi", "Solis (Ginlong)", "Tesla - Powerwall 2", "Juuce Ltd t/a EO"
_JOINTS = re.compile(
    r"\s+(?:by|from|part of|trading as|t/a|aka|formerly|previously|now)\s+|\s[-\u2013\u2014]\s|[()\[\]/|,;:]",
    re.IGNORECASE,
)


class MakerAgreement(StrEnum):
    """SAME: one maker. POSSIBLE: the one name begins with the other or is one slip away, and a table that knew
    both would say more. DIFFERENT: two makers. UNKNOWN: one is missing.
    """

    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@remembered
def normalise_maker(text: str | None) -> str | None:
    """A maker's name to compare by: case-folded words without punctuation or legal form; None if absent."""
    if is_null(text):
        return None
    words = _words(text)
    while len(words) > 1 and (words[-1] in load.company_suffixes() or words[-1] == "and"):
        words.pop()
    name = " ".join(words)
    return None if is_null(name) else name


@remembered
def oem_id(text: str | None, on: date | None = None) -> str | None:
    """The id of the maker that a text means on a day (without one, by any line of the alias table), if it names one.

    The alias table first, also through what stands around a known name, a model that only one maker has, or one slip
    in a long name. What leads to no maker, or to two, is its own id: its letters and digits, without legal form
    and region.
    """
    name = normalise_maker(text)
    if name is None or text is None:
        return None
    found = _known(text, name, on) or _mistyped(name, on)
    if found is not None:
        return found
    own = _own(name)
    # "Solar", "heat pump", "other": words that go with every maker's name are none. "Ñ/A" without its marks is no name.
    return None if is_null(own) or _beside(own) or all(map(_beside, name.split())) else own


def is_known_maker(maker: str | None) -> bool:
    """Whether an id is one of the alias table's."""
    return maker is not None and maker in _known_ids()


@remembered
def maker_agreement(one: str | None, other: str | None, on: date | None = None) -> MakerAgreement:
    """How far two texts name one maker."""
    first, second = oem_id(one, on), oem_id(other, on)
    if first is None or second is None:
        return MakerAgreement.UNKNOWN
    if first == second:
        return MakerAgreement.SAME
    if is_known_maker(first) and is_known_maker(second):
        return MakerAgreement.DIFFERENT
    shorter, longer = sorted((first, second), key=len)
    alike = (len(shorter) >= 4 and longer.startswith(shorter)) or (
        len(shorter) >= LONG_NAME - 1 and one_edit_apart(first, second)
    )
    return MakerAgreement.POSSIBLE if alike else MakerAgreement.DIFFERENT


def maker_of(key: str, on: date | None = None) -> str | None:
    """The maker that one spelling key stands for, by the alias table or as a model of one maker alone."""
    found = next((a.oem_id for a in _spellings().get(key, ()) if in_force(a, on)), None)
    if found is not None:
        return found
    return key if key in _known_ids() else _makers_by_model().get(key)


def without_maker(text: str, maker: str | None) -> tuple[str, str | None]:
    """A model's name without its maker's in front, and that maker: `maker`, or any known one where that is None."""
    words = clean(text).split()
    for count in range(min(len(words) - 1, 4), 0, -1):
        key = spelling_key(" ".join(words[:count]))
        for alias in aliases.maker_aliases().get(key, ()):
            if alias.kind != "product" and maker in (None, alias.oem_id):
                return " ".join(words[count:]), alias.oem_id
    return clean(text), maker


def _known(text: str, name: str, on: date | None) -> str | None:
    found = maker_of(spelling_key(text), on) or maker_of(spelling_key(name), on) or _among_words(name.split(), on)
    if found is not None:
        return found
    parts = [part for part in _JOINTS.split(clean(text)) if part.strip()]
    makers = {maker for part in parts if (maker := _in_part(part, on)) is not None} if len(parts) > 1 else set()
    return makers.pop() if len(makers) == 1 else None


def _in_part(part: str, on: date | None) -> str | None:
    name = normalise_maker(part)
    if name is None:
        return None
    return maker_of(spelling_key(name), on) or _among_words(name.split(), on)


def _among_words(words: list[str], on: date | None) -> str | None:
    """The one known maker in a few words of which the others name no other: its model, a region, "solar"."""
    if len(words) > MOST_WORDS:
        return None
    makers, rest, start = set(), [], 0
    while start < len(words):
        stop, maker = _longest_name(words, start, on)
        if maker is None:
            rest.append(words[start])
        else:
            makers.add(maker)
        start = stop
    if len(makers) != 1:
        return None
    maker = makers.pop()
    return maker if all(map(_beside, rest)) or _is_model(maker, rest) else None


def _longest_name(words: list[str], start: int, on: date | None) -> tuple[int, str | None]:
    """Where a known name that begins at a word ends, and whose it is; else the next word and nobody."""
    for stop in range(min(len(words), start + 4), start, -1):
        maker = maker_of(spelling_key(" ".join(words[start:stop])), on)
        if maker is not None:
            return stop, maker
    return start + 1, None


def _is_model(maker: str, words: list[str]) -> bool:
    models = aliases.model_aliases()
    return any(
        (maker, model_key(" ".join(words[:stop]))) in models and all(map(_beside, words[stop:]))
        for stop in range(1, len(words) + 1)
    )


def _beside(word: str) -> bool:
    qualifiers = aliases.maker_qualifiers()
    return (
        word in qualifiers["any"]
        or word in qualifiers["known"]
        or word in load.company_suffixes()
        or word in aliases.model_variants()
        or word.isdigit()
    )


def _mistyped(name: str, on: date | None) -> str | None:
    key = spelling_key(_without_region(name))
    if len(key) < LONG_NAME - 1:
        return None
    near = {spelling for left in with_one_left_out(key) for spelling in _long_names().get(left, ())}
    makers = {maker_of(spelling, on) for spelling in near if one_edit_apart(key, spelling)} - {None}
    return makers.pop() if len(makers) == 1 else None


def _own(name: str) -> str:
    return spelling_key(_without_region(name)) or name


def _without_region(name: str) -> str:
    words = name.split()
    regions, suffixes = aliases.maker_qualifiers()["any"], load.company_suffixes()
    while len(words) > 1 and (words[-1] in regions or words[-1] in suffixes):
        words.pop()
    return " ".join(words)


def _words(text: str | None) -> list[str]:
    folded = clean(text).casefold().replace("&", " and ")
    return _NOT_WORDS.sub(" ", _DROPPED_MARKS.sub("", folded)).split()


@kept
def _known_ids() -> frozenset[str]:
    return frozenset(alias.oem_id for lines in aliases.maker_aliases().values() for alias in lines)


@kept
def _spellings() -> Mapping[str, tuple[MakerAlias, ...]]:
    """The alias table by spelling, and by spelling without legal form where no other line has that."""
    table = aliases.maker_aliases()
    shorter = {spelling_key(normalise_maker(line.alias) or ""): lines for lines in table.values() for line in lines}
    return MappingProxyType({**shorter, **table})


@kept
def _makers_by_model() -> dict[str, str]:
    """Models that lead to their maker by themselves, and to one maker only."""
    makers: dict[str, set[str]] = {}
    for (maker, key), lines in aliases.model_aliases().items():
        if any(line.names_maker for line in lines):
            makers.setdefault(key, set()).add(maker)
    return {key: found.pop() for key, found in makers.items() if len(found) == 1}


@kept
def _long_names() -> dict[str, tuple[str, ...]]:
    """Long names by each form of them that lacks one letter."""
    forms: dict[str, list[str]] = {}
    for key in _spellings():
        if len(key) >= LONG_NAME:
            for form in with_one_left_out(key):
                forms.setdefault(form, []).append(key)
    return {form: tuple(keys) for form, keys in forms.items()}
