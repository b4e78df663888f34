"""The reference table of what in a notification is about a person."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from schemas.reference.load import MARKS
from schemas.reference.read import index, rows


@cache
def personal_fields(override: Path | None = None) -> Mapping[str, bool]:
    """Whether each field of a notification is personal; a field that is not here has to be taken for personal."""
    entries = []
    for row in rows("personal_fields.csv", ("field", "personal", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        entries.append((row, row.text("field"), row.one_of("personal", ("yes", "no")) == "yes"))
    return index(entries, "field")
