"""Which model a device is, told from how people, labels and clouds spell it."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import accumulate

from schemas.cleaning import is_null
from schemas.edits import one_edit_apart
from schemas.maker_names import maker_of, without_maker
from schemas.model_pieces import pieces
from schemas.reference import aliases
from schemas.reference.aliases import in_force
from schemas.reference.in_use import remembered

LONG_FAMILY = 7
"""Characters from which a family with one slip in its letters is still that family."""
SHORTEST_PART = 4
"""Characters of a name that may stand for a longer one which holds it."""


class ModelAgreement(StrEnum):
    """SAME: one family, and no variant that speaks against it. FAMILY: one family in two variants, a family told
    more or less fully, or one slip apart. DIFFERENT: two families. UNKNOWN: one is missing, or a trade name stands
    beside a part number, which may be one thing.
    """

    SAME = "same"
    FAMILY = "family"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model's `family` and the `variant` within it ("" if none is said), both as small letters and digits.

    `pieces` are all the words and numbers, `known` says that the alias table has the family.
    """

    family: str
    variant: str
    raw: str = field(compare=False)
    pieces: tuple[str, ...] = field(default=(), compare=False)
    known: bool = False


@remembered
def model_name(text: str | None, oem: str | None = None, on: date | None = None) -> ModelName | None:
    """What a model's text names; None if absent.

    `oem` is the maker's id (`maker_names.oem_id`), without which a maker's name in front of the model still leads
    to the families of that maker. `on` chooses the lines of the alias table of that day.
    """
    if text is None or is_null(text):
        return None
    alone, maker = without_maker(text, oem)
    # The whole text first: "EO Mini Pro" is a model's name with its maker's in it.
    for words in (pieces(text), pieces(alone)):
        if (listed := _listed(words, maker, on)) is not None:
            family, taken = listed
            return ModelName(family, "".join(words[taken:]), text, words, known=True)
    words = pieces(alone)
    cut = _end_of_family(words)
    return ModelName("".join(words[:cut]), "".join(words[cut:]), text, words) if words else None


@remembered
def model_agreement(one: str | None, other: str | None, oem: str | None = None) -> ModelAgreement:
    """How far two texts name one model of one maker."""
    maker = oem or _maker_in(one) or _maker_in(other)
    first, second = model_name(one, maker), model_name(other, maker)
    if first is None or second is None:
        return ModelAgreement.UNKNOWN
    if first.family == second.family:
        contradict = first.variant and second.variant and first.variant != second.variant
        return ModelAgreement.FAMILY if contradict else ModelAgreement.SAME
    if first.family + first.variant == second.family + second.variant:
        return ModelAgreement.SAME
    if first.known != second.known:
        return ModelAgreement.UNKNOWN
    return ModelAgreement.FAMILY if _akin(first, second) else ModelAgreement.DIFFERENT


def _listed(words: tuple[str, ...], maker: str | None, on: date | None) -> tuple[str, int] | None:
    """The family of the longest listed spelling with which the words begin, and how many of them that is."""
    models = aliases.model_aliases()
    for taken in range(len(words), 0, -1):
        key = "".join(words[:taken])
        for alias in models.get((maker or maker_of(key) or "", key), ()):
            if in_force(alias, on):
                return alias.family, taken
    return None


def _end_of_family(words: tuple[str, ...]) -> int:
    """Where the first word begins that tells a variant ("tethered", "R32", "v2"); never at the start."""
    variants = aliases.model_variants()
    for n in range(1, len(words)):
        if words[n] in variants or "".join(words[n : n + 2]) in variants:
            return n
    return len(words)


def _maker_in(text: str | None) -> str | None:
    return without_maker(text, None)[1] if text is not None else None


def _akin(one: ModelName, other: ModelName) -> bool:
    """One told more fully than the other, by whole words and numbers; or one slip in the letters of the family."""
    if _within(one.family, pieces(other.family)) or _within(other.family, pieces(one.family)):
        return True
    if _within("".join(one.pieces), other.pieces) or _within("".join(other.pieces), one.pieces):
        return True
    long_enough = min(len(one.family), len(other.family)) >= LONG_FAMILY
    return long_enough and _digits(one) == _digits(other) and one_edit_apart(one.family, other.family)


def _within(name: str, words: tuple[str, ...]) -> bool:
    """Whether a name of some length is a stretch of the words, from the start of one to the end of another."""
    ends = list(accumulate(map(len, words), initial=0))
    whole = "".join(words)
    return len(name) >= SHORTEST_PART and any(
        start + len(name) in ends and whole.startswith(name, start) for start in ends
    )


def _digits(model: ModelName) -> str:
    return "".join(filter(str.isdigit, model.family))
