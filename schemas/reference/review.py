"""What people are asked and who of them may decide: `review_rights.csv` and `review_fields.csv`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from schemas.asset import DeviceFacts
from schemas.reference.in_use import kept
from schemas.reference.load import MARKS
from schemas.reference.read import index, rows
from schemas.vocabulary import ParticipantKind

FILE = "review_rights.csv"
EVERYTHING, OWN_AREA, OWN_REFERENCES, NOTHING = "everything", "own_area", "own_references", "nothing"
QUESTIONS = IDENTITY, METER_POINT = "identity", "meter_point"
_SCOPES = (EVERYTHING, OWN_AREA, OWN_REFERENCES, NOTHING)


@dataclass(frozen=True, slots=True)
class Right:
    """What one kind of participant may decide about one question; `sentence` is told to those who may not."""

    scope: str
    valid_from: date
    rule_id: str
    sentence: str
    mark: str
    provenance: str


_COLUMNS = ("kind", "question", "scope", "valid_from", "rule_id", "sentence", "mark", "provenance")


@kept
def review_rights(override: Path | None = None) -> Mapping[tuple[str, str], Right]:
    """Rights by kind of participant and question. A kind that has no row decides nothing."""
    entries = []
    for row in rows(FILE, _COLUMNS, override):
        key = (row.one_of("kind", tuple(ParticipantKind)), row.one_of("question", QUESTIONS))
        valid_from = row.day("valid_from") or row.wrong("valid_from", "is empty")
        right = Right(
            row.one_of("scope", _SCOPES),
            valid_from,
            row.text("rule_id"),
            row.text("sentence"),
            row.one_of("mark", MARKS),
            row.text("provenance"),
        )
        entries.append((row, key, right))
    return index(entries, "question")


FIELDS_FILE = "review_fields.csv"
CAPACITY, DAYS, EXACT = "capacity", "days", "exact"


@dataclass(frozen=True, slots=True)
class ReviewField:
    """A field in which sources of equal belief must not contradict each other. `measure` says when two values do."""

    field: str
    measure: str
    words: str
    mark: str
    provenance: str


@kept
def review_fields(override: Path | None = None) -> Mapping[str, ReviewField]:
    """The fields that matter, by name."""
    columns = ("field", "measure", "words", "mark", "provenance")
    entries = []
    for row in rows(FIELDS_FILE, columns, override):
        field = row.one_of("field", tuple(DeviceFacts.model_fields))
        measure = row.one_of("measure", (CAPACITY, DAYS, EXACT))
        mark = row.one_of("mark", MARKS)
        entries.append((row, field, ReviewField(field, measure, row.text("words"), mark, row.text("provenance"))))
    return index(entries, "field")
