"""The audit log over HTTP: who did what with which asset, and who read it."""

import base64
from typing import Any

import orjson
from aiohttp import web

from hub.api import answers, queries
from hub.problems import document
from hub.routes import GRANT, Route
from hub.rules.access import Action, Object
from hub.services.audit.log import instant
from hub.services.audit.reads import AuditReads, Entry
from registry_store.audit import Place, Wanted

_QUERY = (
    ("asset_id", "entries about this asset; needed by all but administrators and regulators"),
    ("kind", "entries of one kind, such as updated or read_asset"),
    ("since", "time: entries from then on"),
    ("until", "time: entries before then"),
    ("cursor", "next_cursor of the page before"),
    ("limit", "entries a page, 1 to 1000"),
)


def routes(reads: AuditReads) -> list[Route]:
    """The one route of the log."""

    async def entries(request: web.Request) -> web.Response:
        queries.only(request, _QUERY)
        wanted = Wanted(
            queries.uuid(request, "asset_id"),
            queries.moment(request, "since"),
            queries.moment(request, "until"),
            _kind(request),
        )
        grant = request[GRANT]
        if wanted.asset_id is None and not grant.whole_log:
            raise queries.wrong("asset_id", "is needed: you may read the log of an asset that you may see")
        page = await reads.page(grant, wanted, _after(request), queries.limit(request))
        if page is None:
            return answers.no_asset()
        return document({"entries": [_shown(e) for e in page.entries], "next_cursor": _cursor(page.cursor)})

    return [Route("GET", "/v1/audit", Action.READ, Object.AUDIT, entries, "Who did what, and who read what", _QUERY)]


def _shown(entry: Entry) -> dict[str, Any]:
    row = entry.row
    found = {
        "lane": row.lane,
        "seq": row.seq,
        "hash": bytes(row.hash).hex(),
        "at": instant(row.at),
        "kind": row.kind,
        "actor": entry.actor,
        "message_id": row.message_id if entry.is_own else None,
        "asset_id": row.asset_id and str(row.asset_id),
        "version": row.version,
        "payload": entry.payload or None,
        "personal": entry.personal,
    }
    return answers.told(found)


def _kind(request: web.Request) -> str | None:
    kind = request.query.get("kind")
    if kind is not None and not (kind.isascii() and kind.replace("_", "").isalpha()):
        raise queries.wrong("kind", "must be the kind of an entry, such as registered, updated or read_asset")
    return kind


def _cursor(place: Place | None) -> str | None:
    if place is None:
        return None
    at, lane, seq = place
    return base64.urlsafe_b64encode(orjson.dumps([instant(at), lane, seq])).decode()


def _after(request: web.Request) -> Place | None:
    text = request.query.get("cursor")
    if text is None:
        return None
    try:
        at, lane, seq = orjson.loads(base64.urlsafe_b64decode(text.encode()))
        place = queries.instant(at), str(lane), int(seq)
    except (ValueError, TypeError, OverflowError):
        raise queries.wrong("cursor", "must be next_cursor of the page before") from None
    if "\x00" in place[1] or not 0 <= place[2] < 2**62:
        raise queries.wrong("cursor", "must be next_cursor of the page before")
    return place
