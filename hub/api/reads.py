"""What may be read: assets, their history, the feed of changes, a snapshot, receipts."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import orjson
from aiohttp import web

from hub.api import queries
from hub.problems import document, problem
from hub.routes import GRANT, Route
from hub.rules import preconditions
from hub.rules.access import Action, Grant, Object
from hub.services.reads import Reads, Version
from registry_store.assets import Filters
from schemas.identifiers import canonical_postcode, normalise_serial, parse_mpan
from schemas.outbound import AssetState
from schemas.vocabulary import AssetCategory, AssetStatus

SNAPSHOT_PAGE = 1000
MAX_RECEIPTS = 500


def routes(reads: Reads) -> list[Route]:
    """Every read route over one set of reads."""

    async def assets(request: web.Request) -> web.Response:
        queries.only(
            request,
            "import_mpan",
            "export_mpan",
            "serial_number",
            "postcode",
            "category",
            "status",
            "cursor",
            "limit",
        )
        after = queries.uuid(request.query.get("cursor"), "cursor")
        page = await reads.assets(request[GRANT], _filters(request, request[GRANT]), after, queries.limit(request))
        return document({"assets": [_shown(state) for state in page.assets], "next_cursor": _id(page.cursor)})

    async def asset(request: web.Request) -> web.Response:
        queries.only(request)
        state = await reads.asset(request[GRANT], _asset_id(request))
        if state is None:
            return _no_asset()
        etag = preconditions.etag(state.version)
        if preconditions.is_unchanged(request.headers.get("If-None-Match"), state.version):
            return web.Response(status=304, headers={"ETag": etag})
        return document(_shown(state), headers={"ETag": etag})

    async def history(request: web.Request) -> web.Response:
        queries.only(request, "as_of", "known_at")
        asset_id = _asset_id(request)
        as_of, known_at = queries.day(request, "as_of"), queries.moment(request, "known_at")
        versions = await reads.history(request[GRANT], asset_id, as_of, known_at)
        if versions is None:
            return _no_asset()
        return document({"asset_id": asset_id, "versions": [_version(version) for version in versions]})

    async def changes(request: web.Request) -> web.Response:
        queries.only(request, "after", "limit")
        after = queries.number(request, "after", 0, 0, 2**62)
        events, next_after = await reads.changes(request[GRANT], after, queries.limit(request))
        shown = [
            {
                "feed_seq": seq,
                **event.model_dump(mode="json", exclude={"asset", "cause"}),
                "asset": _shown(event.asset),
            }
            for seq, event in events
        ]
        return document({"changes": shown, "next_after": next_after})

    async def snapshot(request: web.Request) -> web.StreamResponse:
        queries.only(request)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        async with aclosing(_snapshot_lines(reads, request[GRANT])) as lines:
            async for line in lines:
                # Not before there is a line: while PostgreSQL is away the answer is 503.
                await response.prepare(request)
                await response.write(line)
        await response.write_eof()
        return response

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
        queries.only(request, "ids")
        ids = [i for i in request.query.get("ids", "").split(",") if i]
        if not 1 <= len(ids) <= MAX_RECEIPTS:
            raise queries.wrong("ids", f"must be 1 to {MAX_RECEIPTS} message ids with commas between them")
        found = await reads.receipts(request[GRANT], queries.message_ids(ids))
        return document({"receipts": [r.model_dump(mode="json") for r in found]})

    def read(path: str, on: Object, handler: Any, summary: str, *query: tuple[str, str]) -> Route:
        return Route("GET", path, Action.READ, on, handler, summary, query)

    return [
        read("/v1/assets", Object.ASSET, assets, "Assets that you may see", *_ASSET_QUERY),
        read("/v1/assets/{asset_id}", Object.ASSET, asset, "One asset, with its version as ETag"),
        read(
            "/v1/assets/{asset_id}/history",
            Object.HISTORY,
            history,
            "Every version of an asset",
            *_HISTORY_QUERY,
        ),
        read(
            "/v1/changes",
            Object.CHANGE,
            changes,
            "The feed of changes, in the order of its topic",
            *_CHANGES_QUERY,
        ),
        read(
            "/v1/snapshot",
            Object.ASSET,
            snapshot,
            "All assets that you may see, and the feed_seq they are as of",
        ),
        read("/v1/receipts/{message_id}", Object.RECEIPT, receipt, "What became of one of your messages"),
        read(
            "/v1/receipts",
            Object.RECEIPT,
            receipts,
            "What became of several of your messages",
            ("ids", "message ids, comma between"),
        ),
    ]


_ASSET_QUERY = (
    ("import_mpan", "13 digits, or a supply number"),
    ("export_mpan", "13 digits, or a supply number"),
    ("serial_number", "in any spelling of case and separators"),
    ("postcode", "in any spacing"),
    ("category", "code of the asset category"),
    ("status", "code of the asset's status"),
    ("cursor", "next_cursor of the page before"),
    ("limit", "assets a page, 1 to 1000"),
)
_HISTORY_QUERY = (
    ("as_of", "date: versions true in the world from then or before"),
    ("known_at", "time: versions that the register knew then"),
)
_CHANGES_QUERY = (("after", "feed_seq to go on from"), ("limit", "events a page, 1 to 1000"))


def _filters(request: web.Request, grant: Grant) -> Filters:
    """The filters in their canonical form, as the register has them."""
    given = request.query
    for name in given:
        if {name, f"place.{name}"} & grant.visibility.hidden:
            raise queries.wrong(name, "asks for a field that you may not see")
    return Filters(
        import_mpan=_canonical(given.get("import_mpan"), "import_mpan", lambda t: parse_mpan(t).core),
        export_mpan=_canonical(given.get("export_mpan"), "export_mpan", lambda t: parse_mpan(t).core),
        serial_key=_canonical(given.get("serial_number"), "serial_number", lambda t: normalise_serial(t).normal),
        postcode=_canonical(given.get("postcode"), "postcode", lambda t: canonical_postcode(t).canonical),
        asset_category=queries.code(request, "category", AssetCategory),
        status=queries.code(request, "status", AssetStatus),
    )


def _canonical(text: str | None, name: str, parse: Any) -> str | None:
    if text is None:
        return None
    value: str | None = parse(text)
    if value is None:
        raise queries.wrong(name, "is not of its form")
    return value


def _id(found: UUID | None) -> str | None:
    # The driver's UUIDs are of a class of their own, which the JSON writer does not know.
    return str(found) if found is not None else None


def _asset_id(request: web.Request) -> Any:
    return queries.uuid(request.match_info["asset_id"], "asset_id")


def _no_asset() -> web.Response:
    # The same for what does not exist and for what the reader may not see.
    return problem(404, "no_asset", "There is no asset with this id among those that you may see.")


def _shown(state: AssetState) -> dict[str, Any]:
    return state.model_dump(mode="json", exclude_none=True)


def _version(version: Version) -> dict[str, Any]:
    row = version.row
    found = {
        "version": row.version,
        "valid_from": row.valid_from,
        "recorded_at": row.recorded_at,
        "change": row.change,
        "changed_fields": version.changed_fields,
        "participant": version.participant,
        "message_id": version.message_id,
        "asset": _shown(version.asset),
    }
    return {name: value for name, value in found.items() if value is not None}


async def _snapshot_lines(reads: Reads, grant: Grant) -> AsyncGenerator[bytes, None]:
    async with aclosing(reads.snapshot(grant, SNAPSHOT_PAGE)) as items:
        async for item in items:
            line = {"feed_seq": item} if isinstance(item, int) else _shown(item)
            yield orjson.dumps(line) + b"\n"
