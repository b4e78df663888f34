"""Read a register's CSV file as it is published: with or without a byte order mark, commas or semicolons."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hub.errors import HubError
from schemas.cleaning import clean, is_null

DELIMITERS = ",;\t|"


class FileUnusable(HubError):
    """The file is not the register that it was said to be; the text says what is missing."""


class NotANumber(ValueError):
    """A cell holds words where a number belongs."""


@dataclass(frozen=True)
class Row:
    """One row by field names, cells as they were written. `number` is the line of data, from 1."""

    number: int
    cells: Mapping[str, str]

    def text(self, field: str) -> str | None:
        """The cleaned cell; nothing where it is empty or says in words that there is no value."""
        raw = self.cells.get(field)
        return None if is_null(raw) else clean(raw)

    def day(self, field: str) -> date | None:
        """The date in a cell; nothing where there is none that exists (0000-00-00, 201-06-14)."""
        return _day(self.text(field) or "")

    def amount(self, field: str) -> Decimal | None:
        """The number in a cell. Raises `NotANumber`."""
        text = self.text(field)
        if text is None:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise NotANumber("is not a plain number (no commas, no units)") from None
        if not value.is_finite() or value < 0:
            raise NotANumber("is not a number of zero or more")
        return value


def _day(text: str) -> date | None:
    for shape, length in (("%Y-%m-%d", 10), ("%d/%m/%Y", 10)):
        try:
            return datetime.strptime(text[:length], shape).date()
        except ValueError:
            continue
    return None


def heading_key(heading: str) -> str:
    """A heading without what publishers vary: case, spaces, punctuation."""
    return "".join(c for c in clean(heading).casefold() if c.isalnum())


def read(file: Path, fields: Mapping[str, str], required: tuple[str, ...]) -> list[Row]:
    """Every row of a file.

    `fields` gives the field name of each heading, by `heading_key`; other columns are not read. Raises
    `FileUnusable` when the file cannot be read, is cut off, or lacks a column of the `required` fields.
    """
    text = _text(file)
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [fields.get(heading_key(heading)) for heading in next(reader, ())]
        missing = [field for field in required if field not in names]
        if missing:
            raise FileUnusable(f"{file} has no column for {', '.join(missing)}; is it the right register?")
        rows: list[Row] = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                named = {n: c for n, c in zip(names, cells, strict=False) if n is not None}
                rows.append(Row(len(rows) + 1, named))
        return rows
    except csv.Error as error:
        raise FileUnusable(f"{file} line {reader.line_num}: {error}") from None


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise FileUnusable(f"{file} cannot be read: {error.strerror}") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What spreadsheets of the time write when they do not write UTF-8; it has a character for most bytes.
        return raw.decode("cp1252", errors="replace")
