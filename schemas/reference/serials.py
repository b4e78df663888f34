"""What serial numbers are mistaken for, as tables: look-alike characters, words, and shapes of other things."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from schemas.reference.in_use import kept
from schemas.reference.load import MARKS
from schemas.reference.read import index, rows

CONFUSABLE_KINDS = ("script", "misread")
WORD_KINDS = ("label", "glued", "word", "stem")
SHAPES = ("date", "masked", "mac", "meter_serial", "postcode")
FORMS = ("written", "compact")


@dataclass(frozen=True, slots=True)
class Shape:
    """How another thing looks; `form` says whether as written or by letters and digits alone."""

    name: str
    form: str
    pattern: re.Pattern[str]


@kept
def confusables(kind: str, override: Path | None = None) -> Mapping[int, str]:
    """For `str.translate`: letters of other scripts to the Latin capital (`script`), misread characters (`misread`)."""
    entries = []
    for row in rows("serial_confusables.csv", ("character", "reads_as", "kind", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        character = row.matching("character", ".", "one character")
        reads_as = row.matching("reads_as", "[0-9A-Z]", "one digit or Latin capital")
        entries.append((row, (row.one_of("kind", CONFUSABLE_KINDS), ord(character)), reads_as))
    found = index(entries, "character")
    return MappingProxyType({code: reads_as for (of_kind, code), reads_as in found.items() if of_kind == kind})


@kept
def words(kind: str, override: Path | None = None) -> frozenset[str]:
    """Upper-case words of one kind.

    `label`: a label's own, before the serial with something between; `glued`: those that also stand straight before
    its digits; `word`: what stands for no serial; `stem`: the beginning of made-up ones.
    """
    entries = []
    for row in rows("serial_words.csv", ("word", "kind", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        entries.append((row, (row.one_of("kind", WORD_KINDS), row.text("word").upper()), None))
    return frozenset(word for of_kind, word in index(entries, "word") if of_kind == kind)


@kept
def shapes(override: Path | None = None) -> tuple[Shape, ...]:
    """Shapes in the order of the table."""
    found = []
    for row in rows("serial_shapes.csv", ("shape", "form", "pattern", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        try:
            pattern = re.compile(row.text("pattern"))
        except re.error as error:
            row.wrong("pattern", f"is no regular expression: {error}")
        found.append(Shape(row.one_of("shape", SHAPES), row.one_of("form", FORMS), pattern))
    return tuple(found)
