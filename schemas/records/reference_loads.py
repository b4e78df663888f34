"""Files of reference data on their way in."""

from datetime import datetime
from uuid import UUID

from schemas.records.record import Record


class ReferenceLoadRow(Record):
    """The load of one file into a reference table: what of it is in, up to `offset_bytes`. One row a load."""

    load_id: UUID
    kind: str
    digest: str
    file_name: str
    size_bytes: int
    offset_bytes: int
    rows_read: int
    rows_added: int
    rows_changed: int
    rows_unchanged: int
    rows_refused: int
    fields_left_out: int
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class ReferenceLoadProblemRow(Record):
    """What is wrong with one field of a file's row, and the fix. `kept` says that the row is in without the field."""

    load_id: UUID
    row_number: int
    field: str
    fix: str
    kept: bool
    offset_bytes: int
