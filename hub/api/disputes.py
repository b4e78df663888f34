"""Disputes over HTTP, for people with a token: read, raised, answered, closed."""

from typing import Any
from uuid import UUID

import orjson
from aiohttp import web

from hub import clock
from hub.api import answers, preconditions, queries
from hub.problems import document, problem
from hub.routes import GRANT, Route
from hub.rules import plausibility
from hub.rules.access import Action, Grant, Object
from hub.rules.disputes import Message
from hub.rules.preconditions import Refusal, etag
from hub.services.disputes import Disputes, Step, View
from registry_store.disputes import Filters
from schemas import body
from schemas.dispute_codes import DisputeStatus, DisputeSubject
from schemas.disputes import DisputeAnswered, DisputeClosed, DisputeRaised
from schemas.signed_message import MAX_BODY_BYTES

_OURS = ("sender", "occurred_at", "type")
"""What the hub fills in for a person."""
_QUERY = (
    ("status", "code of how a dispute stands"),
    ("subject", "code of what is said to be wrong"),
    ("asset_id", "the asset that it is about"),
    ("open", "true or false: whether it is still to be decided"),
    ("overdue", "true or false: whether a deadline has passed"),
    ("cursor", "next_cursor of the page before"),
    ("limit", "disputes a page, 1 to 1000"),
)


class UnusableError(Exception):
    """A body that is no message about a dispute."""

    def __init__(self, detail: str, fields: tuple[body.FieldProblem, ...] = (), status: int = 422) -> None:
        super().__init__(detail)
        self.fields, self.status = fields, status


def routes(disputes: Disputes) -> list[Route]:
    """Every route over one set of disputes."""

    async def page(request: web.Request) -> web.Response:
        queries.only(request, _QUERY)
        after, limit = queries.uuid(request, "cursor"), queries.limit(request)
        found = await disputes.page(request[GRANT], _filters(request), after, limit)
        cursor = str(found[-1].row.dispute_id) if len(found) == limit else None
        return document({"disputes": [_shown(view) for view in found], "next_cursor": cursor})

    async def one(request: web.Request) -> web.Response:
        queries.only(request)
        view = await disputes.one(request[GRANT], queries.in_path(request, "dispute_id"))
        return _no_dispute() if view is None else document(_shown(view), headers={"ETag": etag(view.version)})

    async def raised(request: web.Request) -> web.Response:
        try:
            message = await _message(request, disputes.sender, DisputeRaised)
        except UnusableError as error:
            return _unusable(error)
        return _answer(await disputes.hear(message))

    async def step(request: web.Request) -> web.Response:
        view = await disputes.one(request[GRANT], queries.in_path(request, "dispute_id"))
        if view is None:
            return _no_dispute()
        if (refused := preconditions.refusal(request, view.version, what="dispute")) is not None:
            return refused
        try:
            message = await _message(request, disputes.sender, None, view.row.dispute_id)
        except UnusableError as error:
            return _unusable(error)
        return _answer(await disputes.hear(message, view))

    on, path = Object.DISPUTE, "/v1/disputes"
    return [
        Route("GET", path, Action.READ, on, page, "Disputes of which you are a party", _QUERY),
        Route("POST", path, Action.SEND, on, raised, "Say that something about an asset is wrong"),
        Route("GET", f"{path}/{{dispute_id}}", Action.READ, on, one, "One dispute, with its version as ETag"),
        Route("POST", f"{path}/{{dispute_id}}/steps", Action.SEND, on, step, "Answer or close a dispute (If-Match)"),
    ]


async def _message(
    request: web.Request, sender: str, kind: type[Message] | None, dispute_id: UUID | None = None
) -> Message:
    """The message in a request, in the name of who asks. Raises `UnusableError`."""
    raw = await request.content.read(MAX_BODY_BYTES + 1)
    if len(raw) > MAX_BODY_BYTES:
        raise UnusableError(f"The body is larger than {MAX_BODY_BYTES} bytes.", status=413)
    try:
        fields = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnusableError(f"The body is no JSON: {error.msg} at character {error.pos}.", status=400) from None
    if not isinstance(fields, dict):
        raise UnusableError("The body must be a JSON object.", status=400)
    for name in _OURS:
        if name in fields:
            raise UnusableError(f"Leave out {name}; the hub fills it in.", (body.FieldProblem(name, "leave it out"),))
    kind = kind or (DisputeClosed if "outcome" in fields else DisputeAnswered)
    told = {**fields, "type": kind.__name__, "sender": sender, "occurred_at": clock.now().isoformat()}
    told["on_behalf_of"] = _speaker(request[GRANT], fields.get("on_behalf_of"))
    if dispute_id is not None:
        told["dispute_id"] = str(dispute_id)
    try:
        message = body.decode(orjson.dumps(told), (kind,))
    except body.BodyInvalid as error:
        raise UnusableError("Some fields of the dispute cannot be taken as they are.", error.problems) from None
    if not isinstance(message, DisputeRaised | DisputeAnswered | DisputeClosed):
        raise TypeError(type(message).__name__)
    if found := plausibility.problems(message, clock.now()):
        raise UnusableError("Some fields of the dispute cannot be true.", found)
    return message


def _speaker(grant: Grant, wanted: object) -> str:
    """In whose name a person speaks: his participant's, or one's for whom that may speak."""
    own = grant.participant or ""
    if wanted is None:
        return own
    if wanted not in (own, *grant.rows.sources):
        problems = (body.FieldProblem("on_behalf_of", "must be a participant for whom you may speak; or leave it out"),)
        raise UnusableError("You may not speak for that participant.", problems, status=403)
    return str(wanted)


def _answer(found: tuple[UUID, str] | Refusal) -> web.Response:
    if isinstance(found, Refusal):
        return preconditions.answer(found)
    dispute_id, message_id = found
    content = {"dispute_id": str(dispute_id), "message_id": message_id}
    return document(content, status=202, headers={"Location": f"/v1/disputes/{dispute_id}"})


def _unusable(error: UnusableError) -> web.Response:
    code = {413: "too_large", 400: "malformed", 403: "forbidden"}.get(error.status, "payload_invalid")
    fields = [{"field": p.field, "problem": p.problem} for p in error.fields]
    return problem(error.status, code, str(error), fields=fields)


def _no_dispute() -> web.Response:
    # The same for what does not exist and for what is none of the reader's business.
    detail = "There is no dispute with this id among those of which you are a party; a new one appears shortly."
    return problem(404, "no_dispute", detail)


def _filters(request: web.Request) -> Filters:
    return Filters(
        status=queries.code(request, "status", DisputeStatus),
        subject=queries.code(request, "subject", DisputeSubject),
        asset_id=queries.uuid(request, "asset_id"),
        is_open=queries.truth(request, "open"),
        overdue=queries.truth(request, "overdue"),
    )


def _shown(view: View) -> dict[str, Any]:
    row = view.row
    found = {
        "dispute_id": row.dispute_id,
        "status": row.status,
        "subject": row.subject,
        "asset_id": row.asset_id,
        "raised_at": row.raised_at,
        "acknowledge_by": row.acknowledge_by,
        "decide_by": row.decide_by,
        "closed_at": row.closed_at,
        "missed": view.missed,
        "overdue": view.overdue,
        "steps": [_step(step) for step in view.steps],
    }
    return answers.told(found)


def _step(step: Step) -> dict[str, Any]:
    shown = step.shown
    found = {
        "step": shown.step,
        "at": step.said.message.occurred_at,
        "said_by": shown.said_by,
        "participant": shown.participant,
        "sentence": shown.sentence,
        "text": shown.text,
        "fields": [f.model_dump(exclude_none=True) for f in shown.fields] or None,
        "evidence": [e.model_dump(exclude_none=True) for e in shown.evidence] or None,
        "refused": step.refusal,
    }
    return answers.told(found)
