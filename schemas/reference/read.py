"""Read one reference file and complain about it by file, line and column."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from schemas.reference import in_use

K = TypeVar("K")
V = TypeVar("V")


class BadReferenceDataError(ValueError):
    """A reference file that cannot be used; the message says which file, line and column, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table that knows where it stands, so that a complaint can say so."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        value = self.optional(column)
        if value is None:
            self.wrong(column, "is empty")
        return value

    def optional(self, column: str) -> str | None:
        return self.cells[column].strip() or None

    def free(self, column: str) -> str:
        return self.cells[column].strip()

    def one_of(self, column: str, allowed: tuple[str, ...]) -> str:
        value = self.text(column)
        if value not in allowed:
            self.wrong(column, f"must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def matching(self, column: str, pattern: str, shape: str) -> str:
        value = self.text(column)
        if not re.fullmatch(pattern, value):
            self.wrong(column, f"must be {shape}, not {value!r}")
        return value

    def parts(self, column: str) -> tuple[str, ...]:
        """The pieces of a cell that lists several values with | between them."""
        return tuple(piece.strip() for piece in self.cells[column].split("|") if piece.strip())

    def number(self, column: str) -> Decimal | None:
        value = self.optional(column)
        if value is None:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.wrong(column, f"must be a number or empty, not {value!r}")
        if not number.is_finite() or number < 0:
            self.wrong(column, f"must be zero or more, not {value!r}")
        return number

    def day(self, column: str) -> date | None:
        value = self.optional(column)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.wrong(column, f"must be a date such as 2025-12-01 or empty, not {value!r}")

    def wrong(self, column: str, why: str) -> NoReturn:
        raise BadReferenceDataError(f"{self.file} line {self.line}, column {column}: {why}")


def rows(file: str, columns: tuple[str, ...], override: Path | None) -> tuple[Row, ...]:
    """All lines of a CSV table.

    `override` is a folder whose files stand in for the shipped ones, each on its own; a file that is not there is
    read from the package. None takes the folder in use.
    """
    return _parsed(file, columns, _content(file, override))


def rows_and_more(
    file: str, columns: tuple[str, ...], override: Path | None
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The shipped lines of a table to which `override`, or the folder in use, may add, and the lines that it adds."""
    source = override or in_use.folder()
    added = source is not None and (source / file).is_file()
    return _parsed(file, columns, _shipped(file)), rows(file, columns, source) if added else ()


def _parsed(file: str, columns: tuple[str, ...], content: str) -> tuple[Row, ...]:
    reader = csv.DictReader(io.StringIO(content), strict=True)
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise BadReferenceDataError(f"{file} line 1: the column {missing[0]} is missing")
    found = []
    try:
        for cells in reader:
            if None in cells or None in cells.values():
                raise BadReferenceDataError(
                    f"{file} line {reader.line_num}: has another number of cells than the header"
                )
            found.append(Row(file, reader.line_num, cells))
    except csv.Error as error:
        raise BadReferenceDataError(f"{file} line {reader.line_num}: {error}") from error
    if not found:
        raise BadReferenceDataError(f"{file}: has a header but no rows")
    return tuple(found)


def document(file: str, override: Path | None) -> dict[str, Any]:
    """A JSON file whose top level is an object."""
    try:
        content = json.loads(_content(file, override))
    except json.JSONDecodeError as error:
        raise BadReferenceDataError(f"{file} line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(content, dict):
        raise BadReferenceDataError(f"{file} line 1: must be a JSON object")
    return content


def index(entries: Iterable[tuple[Row, K, V]], column: str) -> Mapping[K, V]:
    """A read-only mapping of the entries by key; a key that comes twice is a fault of the second line."""
    found: dict[K, V] = {}
    for row, key, value in entries:
        if key in found:
            row.wrong(column, f"repeats {row.cells[column]!r}, which an earlier line has already")
        found[key] = value
    return MappingProxyType(found)


def _content(file: str, override: Path | None) -> str:
    source = override or in_use.folder()
    if source is None or not (source / file).is_file():
        return _shipped(file)
    try:
        return (source / file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadReferenceDataError(f"{file}: is no UTF-8 at byte {error.start}; save it as UTF-8") from error


def _shipped(file: str) -> str:
    return resources.files(__package__).joinpath(file).read_text(encoding="utf-8-sig")
