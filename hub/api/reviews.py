"""Questions for people over HTTP, and their decisions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hub import clock
from hub.api import preconditions as answers
from hub.api import queries
from hub.problems import document, problem
from hub.routes import GRANT, Route
from hub.rules import preconditions
from hub.rules.access import Action, Grant, Object
from hub.rules.review_items import ReviewKind, ReviewState
from hub.rules.telling import is_own
from hub.services.reviews import Decisions, Item, NotTaken, Reviews, Taken, Wish
from registry_store.review_items import Cursor, Filters
from schemas.body import problems_of
from schemas.decisions import IdentityVerdict
from schemas.records.decisions import ReviewItemRow
from schemas.vocabulary import Note, ShortText

MAX_DECISIONS = 500
MAX_AGE_DAYS = 36_500


class _Decision(BaseModel):
    """What a person sends about one question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: IdentityVerdict | None = None
    reason: Note
    newer: UUID | None = None
    import_mpan: ShortText | None = None
    export_mpan: ShortText | None = None

    def wish(self, item_id: UUID, if_match: str | None) -> Wish:
        return Wish(item_id, self.verdict, self.reason, if_match, self.newer, self.import_mpan, self.export_mpan)


class _InBulk(_Decision):
    """The same among others: the question, and the ETag that a single decision has as If-Match."""

    item_id: UUID
    if_match: str | None = None


class _Bulk(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    decisions: tuple[_InBulk, ...] = Field(min_length=1, max_length=MAX_DECISIONS)
    dry_run: bool = False


def routes(reviews: Reviews, decisions: Decisions) -> list[Route]:
    """Every route over one queue and the decisions about it."""
    return [*_reads(reviews), *_decisions(decisions)]


def _reads(reviews: Reviews) -> list[Route]:

    async def page(request: web.Request) -> web.Response:
        queries.only(request, _QUERY)
        limit = queries.limit(request)
        rows = await reviews.page(request[GRANT], _filters(request), _cursor(request), limit)
        cursor = _written(rows[-1]) if len(rows) == limit else None
        return document({"reviews": [_row(row, request[GRANT]) for row in rows], "next_cursor": cursor})

    async def one(request: web.Request) -> web.Response:
        queries.only(request)
        found = await reviews.item(request[GRANT], queries.in_path(request, "item_id"))
        if found is None:
            return problem(404, "no_review", "There is no question with this id among those that you may see.")
        return document(_item(found, request[GRANT]), headers={"ETag": preconditions.etag(found.version)})

    return [
        Route("GET", "/v1/reviews", Action.READ, Object.REVIEW, page, "Questions for people, the oldest first", _QUERY),
        Route("GET", "/v1/reviews/{item_id}", Action.READ, Object.REVIEW, one, "One question, both sides together"),
    ]


def _decisions(decisions: Decisions) -> list[Route]:

    async def single(request: web.Request) -> web.Response:
        sent = await _sent(request, TypeAdapter(_Decision))
        if isinstance(sent, web.Response):
            return sent
        wish = sent.wish(queries.in_path(request, "item_id"), request.headers.get("If-Match"))
        (answer,) = await decisions.decide(request[GRANT], [wish])
        return answers.answer(answer.refusal) if isinstance(answer, NotTaken) else document(_answer(answer), 202)

    async def bulk(request: web.Request) -> web.Response:
        sent = await _sent(request, TypeAdapter(_Bulk))
        if isinstance(sent, web.Response):
            return sent
        wishes = [decision.wish(decision.item_id, decision.if_match) for decision in sent.decisions]
        found = await decisions.decide(request[GRANT], wishes, dry_run=sent.dry_run)
        return document({"answers": [_answer(answer) for answer in found]}, 207)

    return [
        Route("POST", "/v1/reviews/{item_id}/decision", Action.DECIDE, Object.REVIEW, single, "Decide one question"),
        Route("POST", "/v1/reviews/decisions", Action.DECIDE, Object.REVIEW, bulk, "Decide up to 500 questions"),
    ]


_QUERY = (
    ("kind", "code of what is to be decided"),
    ("state", "open, decided or gone"),
    ("older_than_days", "only those that were opened so many days ago or before"),
    ("operator", "code of a network operator: only those about an asset of its area"),
    ("cursor", "next_cursor of the page before"),
    ("limit", "questions a page, 1 to 1000"),
)


def _filters(request: web.Request) -> Filters:
    days = queries.number(request, "older_than_days", 0, 0, MAX_AGE_DAYS)
    operator = request.query.get("operator")
    if operator is not None and not operator.isprintable():
        raise queries.wrong("operator", "must be the code of a network operator, such as UKPN_EPN")
    return Filters(
        kind=queries.code(request, "kind", ReviewKind),
        state=queries.code(request, "state", ReviewState),
        opened_before=clock.now() - timedelta(days=days) if days else None,
        operator=operator,
    )


def _written(row: ReviewItemRow) -> str:
    return f"{row.opened_at.isoformat()}~{row.item_id}".replace("+00:00", "Z")


def _cursor(request: web.Request) -> Cursor | None:
    text = request.query.get("cursor")
    if text is None:
        return None
    opened_at, _, item_id = text.partition("~")
    try:
        return queries.instant(opened_at), UUID(item_id)
    except ValueError:
        raise queries.wrong("cursor", "must be the next_cursor of the page before") from None


async def _sent(request: web.Request, shape: TypeAdapter[Any]) -> Any:
    """What was sent, or the answer that says what is wrong with it."""
    try:
        return shape.validate_json(await request.read())
    except ValidationError as error:
        fields = [{"field": p.field, "problem": p.problem} for p in problems_of(error)]
        return problem(422, "payload_invalid", "The decision is not whole; each field below says why.", fields=fields)


def _row(row: ReviewItemRow, grant: Grant) -> dict[str, Any]:
    """A question; by whose messages it came and went is for those who may know of them."""
    hidden: set[str] = set()
    for turn in ("opened", "closed"):
        by = getattr(row, f"{turn}_by")
        if by is not None and not is_own(by, grant) and not grant.rows.everything:
            # Who decides is no secret, and an operator knows who tells of assets in its area.
            named = grant.rows.operator_codes or (turn == "closed" and row.state == ReviewState.DECIDED)
            hidden |= {f"{turn}_message_id", *(() if named else (f"{turn}_by",))}
    return row.model_dump(mode="json", exclude_none=True, exclude=hidden)


def _item(found: Item, grant: Grant) -> dict[str, Any]:
    sides = [s.model_dump(mode="json", exclude_none=True) if s is not None else None for s in found.sides]
    compared = found.compared
    return {
        **_row(found.row, grant),
        "sides": sides,
        "agrees": compared.agrees if compared else (),
        "differs": compared.differs if compared else (),
        "told_once": compared.told_once if compared else (),
        "sentences": (*found.row.reasons, *(compared.sentences if compared else ())),
    }


def _answer(answer: Taken | NotTaken) -> dict[str, Any]:
    match answer:
        case Taken(item_id, message_id):
            return {"item_id": item_id, "status": 202, "code": "accepted", "message_id": message_id}
        case NotTaken(item_id, refusal):
            return {"item_id": item_id, "status": refusal.status, "code": refusal.code, "detail": refusal.detail}
