"""What became of messages, for their senders."""

from aiohttp import web

from hub.api import queries
from hub.problems import document, problem
from hub.routes import GRANT, Route
from hub.rules.access import Action, Object
from hub.services.reads import Reads

MAX_RECEIPTS = 500
_QUERY = (("ids", "message ids, comma between"),)


def routes(reads: Reads) -> list[Route]:
    """One receipt, and several at once."""

    async def receipt(request: web.Request) -> web.Response:
        queries.only(request)
        found = await reads.receipts(request[GRANT], queries.message_ids([request.match_info["message_id"]]))
        if not found:
            detail = (
                "No message of yours with this id is registered yet; one that was accepted gets its receipt shortly."
            )
            return problem(404, "no_receipt", detail)
        return document(found[0].model_dump(mode="json"))

    async def receipts(request: web.Request) -> web.Response:
        queries.only(request, _QUERY)
        ids = [i for i in request.query.get("ids", "").split(",") if i]
        if not 1 <= len(ids) <= MAX_RECEIPTS:
            raise queries.wrong("ids", f"must be 1 to {MAX_RECEIPTS} message ids with commas between them")
        found = await reads.receipts(request[GRANT], queries.message_ids(ids))
        return document({"receipts": [r.model_dump(mode="json") for r in found]})

    one, several = "What became of one of your messages", "What became of several of your messages"
    return [
        Route("GET", "/v1/receipts/{message_id}", Action.READ, Object.RECEIPT, receipt, one),
        Route("GET", "/v1/receipts", Action.READ, Object.RECEIPT, receipts, several, _QUERY),
    ]
