"""A notification's body as bytes: Avro of a released schema, or JSON of the same fields.

JSON is for senders without Avro tools. It has a member `type` with the notification's name beside the fields; it is
verified and kept as sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas import avro
from schemas.notifications import NOTIFICATIONS, Notification

MAX_PROBLEMS, MAX_NAME = 100, 100


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field, and how to mend it. Never holds the value."""

    field: str
    problem: str


class BodyUnknown(ValueError):
    """The body names no schema that is read here."""


class BodyInvalid(ValueError):
    """The body is not a whole and right notification; `problems` names every field."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.problem}" for p in problems))
        self.problems = problems


def decode(body: bytes, kinds: Sequence[type[Notification]] = NOTIFICATIONS) -> Notification:
    """The notification in a body, which must be of one of the kinds. Raises `BodyUnknown` or `BodyInvalid`."""
    try:
        if body[:1] == b"{":
            return _from_json(body, kinds)
        return avro.decode(body, *kinds)
    except avro.SchemaUnknown as error:
        raise BodyUnknown(
            f"{error}; send single-object Avro of a released schema, or JSON that begins with {{"
        ) from error
    except avro.PayloadInvalid as error:
        raise BodyInvalid((FieldProblem("(body)", str(error)),)) from error
    except ValidationError as error:
        raise BodyInvalid(problems_of(error)) from error


def _from_json(body: bytes, kinds: Sequence[type[Notification]]) -> Notification:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BodyInvalid((FieldProblem("(body)", f"not JSON: {error.msg} at character {error.pos}"),)) from error
    name = fields.pop("type", None)
    model = next((kind for kind in kinds if kind.__name__ == name), None)
    if model is None:
        raise BodyUnknown(f'the member "type" must be one of {", ".join(kind.__name__ for kind in kinds)}')
    return model.model_validate(fields)


def problems_of(error: ValidationError) -> tuple[FieldProblem, ...]:
    """What a shape has to say of its fields."""
    errors = error.errors(include_url=False, include_input=False)
    named = tuple(_problem(found) for found in errors[:MAX_PROBLEMS])
    more = len(errors) - len(named)
    return (*named, FieldProblem("(body)", f"and {more} more")) if more else named


def _problem(error: ErrorDetails) -> FieldProblem:
    # The name of a field that is not known is whatever the sender wrote.
    name = "".join(c if c.isprintable() else "?" for c in ".".join(str(part) for part in error["loc"]))
    return FieldProblem(name[:MAX_NAME] or "(body)", error["msg"].removeprefix("Value error, "))


def to_json(notification: Notification) -> bytes:
    """The JSON body of a notification, without the fields that say nothing."""
    fields = notification.model_dump(mode="json", exclude_defaults=True)
    return orjson.dumps({"type": type(notification).__name__, **fields})
