"""One row's cells on their way into a table: each is read, and what is wrong with it gets a sentence with the fix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from schemas.cleaning import clean
from schemas.identifiers import check_digit, parse_mpan
from schemas.reference import load as reference


class RowRefused(Exception):
    """The row cannot be taken: without this field it says nothing, or something else than was meant."""

    def __init__(self, column: str, fix: str) -> None:
        super().__init__(f"{column}: {fix}")
        self.column = column
        self.fix = fix


@dataclass
class Cells:
    """The cells of one row by column. What is left out is noted with the fix; the row is taken without it."""

    positions: Mapping[str, int]
    values: list[str]
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def text(self, column: str, longest: int = 255) -> str | None:
        """The cleaned cell; nothing where it is empty, or says in words that there is no value."""
        at = self.positions.get(column)
        if at is None or not (raw := self.values[at]):
            return None
        value = _plain(raw)
        if not value or value.casefold() in reference.null_words():
            return None
        if len(value) > longest:
            self.left_out.append((column, f"is longer than {longest} characters; shorten it"))
            return None
        return value

    def required(self, column: str) -> str:
        value = self.text(column)
        if value is None:
            raise RowRefused(column, "is empty; every row needs it")
        return value

    def one_of(self, column: str, allowed: frozenset[str], default: str | None = None) -> str:
        value = self.text(column)
        if value is None and default is not None:
            return default
        word = (value or "").casefold().replace(" ", "_")
        if word not in allowed:
            raise RowRefused(column, f"must be one of {', '.join(sorted(allowed))}")
        return word

    def day(self, column: str) -> date | None:
        """A date as 2026-11-30. A wrong one refuses the row: its validity would be another than was meant."""
        value = self.text(column)
        if value is None:
            return None
        found = _day(value)
        if found is None:
            raise RowRefused(column, "must be a date such as 2026-11-30")
        return found

    def mpan(self, column: str) -> str | None:
        """The 13 digits of an MPAN. A wrong one refuses the row."""
        at = self.positions.get(column)
        raw = self.values[at] if at is not None else ""
        if len(raw) == 13 and raw.isascii() and raw.isdigit() and raw[0] != "0" and check_digit(raw[:12]) == raw[12]:
            return raw
        parsed = parse_mpan(raw)
        if parsed.core is None and not parsed.absent:
            raise RowRefused(column, parsed.sentence or "is no MPAN")
        return parsed.core

    def canonical(self, column: str, read: Callable[[str], tuple[str | None, str | None]]) -> str | None:
        """A cell in the form by which it is compared; one that has none is left out and noted."""
        value = self.text(column)
        if value is None:
            return None
        form, sentence = read(value)
        if form is None:
            self.left_out.append((column, sentence or "cannot be read"))
        return form


def _plain(raw: str) -> str:
    """`clean`, without the cost of remembering: a file repeats little."""
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split()).strip("'\"` ")
    return clean(raw)


@lru_cache(maxsize=20_000)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
