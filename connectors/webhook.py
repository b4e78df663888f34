"""The HTTP door: one signed message, or a batch of them."""

import base64
import binascii
from typing import Any

import orjson
from aiohttp import web
from multidict import CIMultiDictProxy
from pydantic import ValidationError

from connectors import answers
from connectors.admission import Arrival
from connectors.answers import RETRY_AFTER_SECONDS, Answer
from connectors.body_reader import BodyReader
from connectors.intake import Intake
from hub import clock
from hub.problems import document, problem
from hub.routes import Route
from hub.rules.access import Action, Object
from schemas import avro
from schemas.body import FieldProblem
from schemas.signed_message import MAX_BODY_BYTES, SignedMessage
from schemas.vocabulary import Door

MAX_BATCH = 1000
MAX_BATCH_BYTES = 8 * 1024 * 1024
"""A thousand ordinary messages. Before it is parsed a batch is nobody's yet, so that a stranger's may not be large."""
ENVELOPE_BYTES = 4 * 1024
"""Room that the signed form takes around a body."""

SINGLE_TYPES = frozenset({"application/json", "avro/binary", "application/avro", "application/octet-stream"})
HEADERS = {
    "webhook-id": "id",
    "webhook-timestamp": "timestamp",
    "webhook-signature": "signature",
    "webhook-key-id": "key_id",
}


class MalformedError(ValueError):
    """The request holds no signed message; `fields` says what is wrong where."""

    def __init__(self, detail: str, fields: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.fields = fields


def routes(intake: Intake) -> list[Route]:
    """The door's routes over one intake."""
    reader = BodyReader()

    async def single(request: web.Request) -> web.Response:
        if request.content_type not in SINGLE_TYPES:
            return _unsupported(request, sorted(SINGLE_TYPES))
        raw = await reader.read(request, MAX_BODY_BYTES, ENVELOPE_BYTES)
        if isinstance(raw, Answer):
            return _response(raw)
        try:
            message = _signed_message(request.headers, raw)
        except MalformedError as error:
            return _response(answers.malformed(str(error), fields=error.fields))
        (answer,) = await intake.accept(Door.WEBHOOK, [Arrival(message, clock.now())])
        return _response(answer)

    async def batch(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _unsupported(request, ["application/json"])
        raw = await reader.read(request, MAX_BATCH_BYTES)
        if isinstance(raw, Answer):
            return _response(raw)
        try:
            items = _batch_items(raw)
        except MalformedError as error:
            return _response(answers.malformed(str(error), fields=error.fields))
        return document({"answers": [answers.as_json(a) for a in await _accept_all(intake, items)]}, 207)

    return [
        Route("POST", "/v1/notifications", Action.SEND, Object.NOTIFICATION, single, "One signed message"),
        Route(
            "POST",
            "/v1/notifications/batch",
            Action.SEND,
            Object.NOTIFICATION,
            batch,
            "Up to 1,000 signed messages",
        ),
    ]


async def _accept_all(intake: Intake, items: list[SignedMessage | Answer]) -> list[Answer]:
    now = clock.now()
    arrivals = [Arrival(item, now) for item in items if isinstance(item, SignedMessage)]
    given = iter(await intake.accept(Door.PLATFORM, arrivals))
    return [next(given) if isinstance(item, SignedMessage) else item for item in items]


def _signed_message(headers: CIMultiDictProxy[str], raw: bytes) -> SignedMessage:
    """From headers and body, or from a body that is a `SignedMessage` itself."""
    given = {name: headers.getall(name, []) for name in HEADERS}
    if not any(given.values()) and avro.is_single_object(raw):
        try:
            return avro.decode(raw, SignedMessage)
        except (avro.SchemaUnknown, avro.PayloadInvalid, ValidationError) as error:
            raise MalformedError(
                "the body is no SignedMessage, and there are no webhook-* headers; send one or the other"
            ) from error
    wrong = [FieldProblem(n, "is missing" if not v else "is there twice") for n, v in given.items() if len(v) != 1]
    if wrong:
        raise MalformedError("each of the four webhook-* headers must be there once", tuple(wrong))
    return _validated({field: given[name][0] for name, field in HEADERS.items()}, raw)


def _validated(fields: dict[str, Any], body: bytes) -> SignedMessage:
    timestamp = fields.get("timestamp")
    if isinstance(timestamp, str):
        # Decimal seconds only: int() would also take "1_0", " 10" and other scripts' digits.
        if not (timestamp.isascii() and timestamp.isdigit()):
            raise MalformedError(
                "the timestamp is whole seconds since 1970 (UTC)", (FieldProblem("timestamp", "no number"),)
            )
        fields = {**fields, "timestamp": int(timestamp[:20])}
    try:
        return SignedMessage(**fields, body=body)
    except (ValidationError, TypeError) as error:
        found = error.errors(include_input=False) if isinstance(error, ValidationError) else []
        wrong = tuple(FieldProblem(".".join(map(str, e["loc"])), e["msg"]) for e in found)
        raise MalformedError("the signed message's own fields are wrong", wrong) from error


def _batch_items(raw: bytes) -> list[SignedMessage | Answer]:
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedError(f"not JSON: {error.msg} at character {error.pos}") from error
    messages = content.get("messages") if isinstance(content, dict) else None
    if not isinstance(messages, list) or not messages:
        raise MalformedError('send {"messages": [...]} with at least one signed message')
    if len(messages) > MAX_BATCH:
        raise MalformedError(f"{len(messages)} messages are more than a batch takes; send up to {MAX_BATCH}")
    return [_batch_item(item) for item in messages]


def _batch_item(item: Any) -> SignedMessage | Answer:
    if not isinstance(item, dict):
        return answers.malformed("a message is an object with id, timestamp, key_id, signature and body (base64)")
    message_id = item.get("id") if isinstance(item.get("id"), str) else None
    try:
        body = base64.b64decode(item.get("body", ""), validate=True)
        return _validated({name: item.get(name) for name in ("id", "timestamp", "key_id", "signature")}, body)
    except (binascii.Error, TypeError, ValueError) as error:
        fields = error.fields if isinstance(error, MalformedError) else (FieldProblem("body", "is no base64"),)
        return answers.malformed("this is no signed message", message_id, fields)


def _unsupported(request: web.Request, wanted: list[str]) -> web.Response:
    return problem(
        415,
        "unsupported_media_type",
        f"Content-Type {request.content_type} is not read here; use {' or '.join(wanted)}.",
    )


def _response(answer: Answer) -> web.Response:
    if answer.accepted:
        return document(answers.as_json(answer), answer.status, {"Location": f"/v1/receipts/{answer.message_id}"})
    said = answers.as_json(answer)
    headers = None if answer.final else {"Retry-After": str(RETRY_AFTER_SECONDS)}
    extra = {name: said.get(name) for name in ("message_id", "fields", "quarantine_id")}
    return problem(answer.status, answer.code, answer.detail, headers, **extra)
