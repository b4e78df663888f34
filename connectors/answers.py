"""What a door says to a message: the same codes at every door."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from schemas.body import FieldProblem

RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True)
class Answer:
    """A status with HTTP's meaning, a public code, and what a person needs to go on.

    `quarantine_id` is given where a refused message was set aside.
    """

    status: int
    code: str
    detail: str
    message_id: str | None = None
    fields: tuple[FieldProblem, ...] = ()
    quarantine_id: UUID | None = None
    of_all: bool = False
    """Whether others are answered the same now, so that a door that waits with this one holds up nobody."""

    @property
    def accepted(self) -> bool:
        """Whether the hub has taken responsibility for the message (now or before)."""
        return self.status in (200, 202)

    @property
    def final(self) -> bool:
        """Whether sending the same again would be answered the same."""
        return self.status not in (429, 503)


def accepted(message_id: str) -> Answer:
    return Answer(202, "accepted", "The message is kept and will be registered.", message_id)


def duplicate(message_id: str) -> Answer:
    return Answer(200, "duplicate", "This message was accepted before; it has no further effect.", message_id)


def malformed(detail: str, message_id: str | None = None, fields: tuple[FieldProblem, ...] = ()) -> Answer:
    return Answer(400, "malformed", detail, message_id, fields)


def unauthenticated(message_id: str | None) -> Answer:
    # One answer for every cause, so that nobody learns which keys exist.
    return Answer(401, "unauthenticated", "The signature or its key was not accepted.", message_id)


def stale(message_id: str, window_seconds: int) -> Answer:
    detail = f"The timestamp is more than {window_seconds} s from the hub's clock; sign again with the same id."
    return Answer(401, "stale", detail, message_id)


def scope_denied(message_id: str, detail: str) -> Answer:
    return Answer(403, "scope_denied", detail, message_id)


def id_reused(message_id: str) -> Answer:
    detail = "This id was used for another body; give every new message an id of its own."
    return Answer(409, "id_reused_different_body", detail, message_id)


def too_large(limit: int, message_id: str | None = None) -> Answer:
    return Answer(413, "too_large", f"The body is above {limit} bytes; send one asset a message.", message_id)


def schema_unknown(message_id: str, detail: str) -> Answer:
    return Answer(422, "schema_unknown", detail, message_id)


def payload_invalid(message_id: str, fields: tuple[FieldProblem, ...]) -> Answer:
    return Answer(422, "payload_invalid", "The body is not a whole and right notification.", message_id, fields)


def too_many(message_id: str) -> Answer:
    detail = "You send faster than your quota; send it again after the time in Retry-After."
    return Answer(429, "too_many", detail, message_id)


def busy(message_id: str | None, *, of_all: bool = True) -> Answer:
    detail = "The message was not taken; send it again after the time in Retry-After."
    return Answer(503, "busy", detail, message_id, of_all=of_all)


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as batches and MQTT receipts carry it; `retry_after` in seconds."""
    found: dict[str, Any] = {
        "message_id": answer.message_id,
        "status": answer.status,
        "code": answer.code,
        "detail": answer.detail,
    }
    if answer.accepted:
        found["receipt"] = f"/v1/receipts/{answer.message_id}"
    if not answer.final:
        found["retry_after"] = RETRY_AFTER_SECONDS
    if answer.fields:
        found["fields"] = [{"field": p.field, "problem": p.problem} for p in answer.fields]
    if answer.quarantine_id is not None:
        found["quarantine_id"] = str(answer.quarantine_id)
    return found
