"""The audit log and the keys that seal it."""

from datetime import datetime
from uuid import UUID

from schemas.records.record import Record


class AuditEntryRow(Record):
    """One entry of the audit log, written once. `hash` ties it to the entry before it in its lane (docs/audit.md).

    `payload` is JSON in its canonical form; what is personal in it is sealed under the key of `subject`. `assets` are
    those that a reader was shown on one page; an entry about a single asset has it in `asset_id`.
    """

    lane: str
    seq: int
    at: datetime
    kind: str
    actor: str
    sender: str | None
    message_id: str | None
    asset_id: UUID | None
    version: int | None
    assets: tuple[str, ...]
    subject: str | None
    payload: str
    previous: bytes
    hash: bytes


class AuditHeadRow(Record):
    """The last entry of one lane of the audit log."""

    lane: str
    seq: int
    hash: bytes
    at: datetime


class SubjectKeyRow(Record):
    """The key that seals what is personal about one subject; without `wrapped` it is destroyed, with the reason.

    A subject is what one source tells under one reference, named by a keyed hash. It gets a new `generation` where its
    source tells of it again after the key was destroyed.
    """

    subject: str
    generation: int
    wrapped: bytes | None
    wrapped_by: str
    made_at: datetime
    destroyed_at: datetime | None
    reason: str | None


class NamingKeyRow(Record):
    """One row: the key of the hashes that stand for personal values in the audit log, wrapped like the others."""

    one: int
    wrapped: bytes
    wrapped_by: str
