"""A register's file is read as it is published, and a file that is not one says what is wrong."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hub.cli.importing import table
from hub.cli.importing.table import FileUnusable, NotANumber, Row

FIELDS = {"name": "name", "townorcity": "town"}


def written(folder: Path, content: bytes) -> Path:
    file = folder / "register.csv"
    file.write_bytes(content)
    return file


def cell(text: str) -> Row:
    return Row(1, {"x": text})


@pytest.mark.parametrize(
    "content",
    [
        b"Name,Town or City\nMill,Ely\n",
        b"\xef\xbb\xbfName,Town or City\r\nMill,Ely\r\n",
        b"Name;Town or City\nMill;Ely\n",
        b"name\ttown_or_city\nMill\tEly\n",
        b"Town / or City,Other,NAME\nEly,whatever,Mill\n",
        b"Name,Town or City\n\n,\nMill,Ely\n",
    ],
    ids=["plain", "excel", "semicolons", "tabs", "other order", "empty lines"],
)
def test_columns_are_found_by_their_headings(tmp_path: Path, content: bytes) -> None:
    (row,) = table.read(written(tmp_path, content), FIELDS, ("name",))
    assert (row.number, row.text("name"), row.text("town")) == (1, "Mill", "Ely")


def test_a_file_in_windows_letters_is_read(tmp_path: Path) -> None:
    (row,) = table.read(written(tmp_path, "Name\nTŷ Café é1\n".encode("cp1252", "replace")), FIELDS, ("name",))
    assert (row.text("name") or "").endswith("Café é1")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column for name"),
        (b"Colour\nred\n", "no column for name"),
        (b'Name\n"Mill', "unexpected end of data"),
    ],
)
def test_a_file_that_is_no_register_says_what_is_wrong(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FileUnusable, match=said):
        table.read(written(tmp_path, content), FIELDS, ("name",))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="cannot be read"):
        table.read(tmp_path / "none.csv", FIELDS, ("name",))


@pytest.mark.parametrize("text", ["", "  ", "Data not available", "NULL", "-", "not applicable"])
def test_words_for_nothing_are_nothing(text: str) -> None:
    assert cell(text).text("x") is None
    assert cell(text).amount("x") is None
    assert cell(text).text("y") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2021-06-14", date(2021, 6, 14)),
        ("2014-08-19 05:15:04", date(2014, 8, 19)),
        ("2021-06-14T00:00:00Z", date(2021, 6, 14)),
        ("14/06/2021", date(2021, 6, 14)),
        ("0000-00-00 00:00:00", None),
        ("201-06-14", None),
        ("2021-02-30", None),
        ("To be confirmed", None),
        ("", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert cell(text).day("x") == day


@pytest.mark.parametrize(("text", "number"), [("6.0", "6.0"), (" 49.9 ", "49.9"), ("0", "0"), ("1E+1", "10")])
def test_numbers(text: str, number: str) -> None:
    assert cell(text).amount("x") == Decimal(number)


@pytest.mark.parametrize("text", ["1,200", "5 MW", "-1", "Infinity", "about 3"])
def test_what_is_no_plain_number_is_not_guessed(text: str) -> None:
    with pytest.raises(NotANumber):
        cell(text).amount("x")
