"""A CSV file read as a stream: row after row with its place in the file, so that a reader may go on from any row.

A row is one line: a quote that is never closed spoils its own row and none after it.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hub.errors import HubError
from schemas.cleaning import clean

DELIMITERS = ",;\t|"
LONGEST_LINE_BYTES = 64 * 1024
BLOCK_BYTES = 4 * 1024 * 1024


class FileUnusable(HubError):
    """The file is not of the kind that it was said to be; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number among the rows (from 1), where it begins in the file, and its cells or what is wrong."""

    number: int
    offset: int
    cells: list[str]
    fault: str | None = None


@dataclass(frozen=True)
class Chunk:
    """Rows that follow one another, and where the next one begins."""

    lines: list[Line]
    next_offset: int


@dataclass(frozen=True)
class Source:
    """A file whose heading has been read. `positions` tells where a row has each column."""

    file: Path
    size: int
    delimiter: str
    width: int
    positions: Mapping[str, int]
    not_read: tuple[str, ...]
    first_offset: int

    def chunks(self, offset: int, rows_before: int, size: int) -> Iterator[Chunk]:
        """The rows from an offset on, `size` at a time. Raises `FileUnusable` when the file cannot be read."""
        with _opened(self.file) as stream:
            stream.seek(offset)
            number, lines = rows_before, list[Line]()
            while raw := stream.readline(LONGEST_LINE_BYTES + 1):
                begin, offset = offset, offset + len(raw)
                piece = raw
                while len(piece) > LONGEST_LINE_BYTES and not piece.endswith(b"\n"):
                    piece = stream.readline(LONGEST_LINE_BYTES + 1)
                    offset += len(piece)
                if raw.strip():
                    number += 1
                    lines.append(self._line(number, begin, raw))
                if len(lines) == size:
                    yield Chunk(lines, offset)
                    lines = []
            yield Chunk(lines, offset)

    def raw(self, offset: int) -> str:
        """The row that begins at an offset, as it is in the file."""
        with _opened(self.file) as stream:
            stream.seek(offset)
            return _text(stream.readline(LONGEST_LINE_BYTES)).rstrip("\r\n")

    def _line(self, number: int, offset: int, raw: bytes) -> Line:
        if len(raw) > LONGEST_LINE_BYTES:
            return Line(number, offset, [], "is longer than any row can be; look for a missing line end")
        text = _text(raw).rstrip("\r\n")
        if '"' not in text:
            cells = text.split(self.delimiter)
        else:
            try:
                cells = next(csv.reader((text,), delimiter=self.delimiter, strict=True))
            except csv.Error:
                return Line(number, offset, [], "has a quotation mark that is not closed; close it or leave it out")
        if len(cells) != self.width:
            what = f"has {len(cells)} cells where the heading has {self.width}"
            return Line(number, offset, [], f"{what}; put cells that hold a separator in quotation marks")
        return Line(number, offset, cells)


def open_source(file: Path, columns: tuple[str, ...], required: tuple[str, ...]) -> Source:
    """Reads the heading. Raises `FileUnusable` when it lacks a required column."""
    with _opened(file) as stream:
        raw = stream.readline(LONGEST_LINE_BYTES)
        first_offset = stream.tell()
        size = stream.seek(0, 2)
    heading = _text(raw).removeprefix("\ufeff").rstrip("\r\n")
    if "\x00" in heading or "\r" in heading:
        raise FileUnusable(f"{file} is no CSV file that can be read here; save it as CSV in UTF-8, one row a line")
    delimiter = max(DELIMITERS, key=heading.count)
    names = [clean(name).casefold().replace(" ", "_") for name in _cells(heading, delimiter, file)]
    if missing := [name for name in required if name not in names]:
        raise FileUnusable(f"{file} has no column {', '.join(missing)}; its first line must name the columns")
    if twice := sorted({name for name in names if names.count(name) > 1 and name in columns}):
        raise FileUnusable(f"{file} has the column {', '.join(twice)} twice; rename one of them")
    positions = {name: names.index(name) for name in columns if name in names}
    not_read = tuple(name for name in names if name not in columns)
    return Source(file, size, delimiter, len(names), positions, not_read, first_offset)


def _cells(heading: str, delimiter: str, file: Path) -> list[str]:
    try:
        return next(csv.reader((heading,), delimiter=delimiter), [])
    except csv.Error as error:
        raise FileUnusable(f"the first line of {file} cannot be read: {error}; it must name the columns") from None


def fingerprint(file: Path, told: Callable[[int], None]) -> str:
    """The SHA-256 of a file's content in hex; `told` hears of each block how many bytes are done."""
    digest, done = hashlib.sha256(), 0
    with _opened(file) as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            told(done)
    return digest.hexdigest()


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb", buffering=1024 * 1024)
    except OSError as error:
        raise FileUnusable(f"{file} cannot be read: {error.strerror}") from None


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # What spreadsheets write when they do not write UTF-8; it has a character for most bytes.
        return raw.decode("cp1252", errors="replace")
