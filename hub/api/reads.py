"""What may be read: assets, the feed of changes, a snapshot; beside them histories, provenance and receipts."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
from aiohttp import web

from hub.api import answers, histories, provenance, queries, receipts
from hub.problems import document
from hub.routes import GRANT, Handler, Route
from hub.rules import preconditions
from hub.rules.access import Action, Grant, Object
from hub.rules.timeline import When
from hub.services.reads import AsOf, Reads
from hub.services.shown import Elsewhere
from registry_store.assets import Filters
from schemas.identifiers import canonical_postcode, normalise_serial, parse_mpan
from schemas.outbound import AssetChanged
from schemas.vocabulary import AssetCategory, AssetStatus

SNAPSHOT_PAGE = 1000


def routes(reads: Reads) -> list[Route]:
    """Every read route over one set of reads."""
    return [
        *_assets(reads),
        *_feed(reads),
        *histories.routes(reads),
        *provenance.routes(reads),
        *receipts.routes(reads),
    ]


def _assets(reads: Reads) -> list[Route]:

    async def assets(request: web.Request) -> web.Response:
        queries.only(request, _ASSET_QUERY)
        after, limit = queries.uuid(request, "cursor"), queries.limit(request)
        filters = _filters(request, request[GRANT])
        page = await reads.assets(request[GRANT], filters, after, limit, queries.when(request))
        return document({"assets": [answers.asset(a) for a in page.assets], "next_cursor": answers.text(page.cursor)})

    async def asset(request: web.Request) -> web.Response:
        queries.only(request, queries.WHEN)
        when = queries.when(request)
        state = await reads.asset(request[GRANT], queries.in_path(request, "asset_id"), when)
        if state is None:
            return answers.no_asset()
        if isinstance(state, Elsewhere):
            return answers.elsewhere(request, state)
        if not when.is_now:
            return document(answers.asset(state))
        etag = preconditions.etag(state.version)
        if preconditions.is_unchanged(request.headers.get("If-None-Match"), state.version):
            return web.Response(status=304, headers={"ETag": etag})
        return document(answers.asset(state), headers={"ETag": etag})

    one = "One asset, with its version as ETag"
    return [
        _read("/v1/assets", Object.ASSET, assets, "Assets that you may see", _ASSET_QUERY),
        _read("/v1/assets/{asset_id}", Object.ASSET, asset, one, queries.WHEN),
    ]


def _feed(reads: Reads) -> list[Route]:

    async def changes(request: web.Request) -> web.Response:
        queries.only(request, _CHANGES_QUERY)
        after, known_at = queries.number(request, "after", 0, 0, 2**62), queries.moment(request, "known_at")
        epoch = queries.number(request, "epoch", 0, 1, 2**31) or None
        epochs = await reads.epoch()
        if (back := epochs.go_back_to(after, epoch)) is not None:
            return answers.feed_restarted(back, epochs.present)
        events, next_after = await reads.changes(request[GRANT], after, queries.limit(request), known_at)
        shown = [_event(seq, event) for seq, event in events]
        return document({"changes": shown, "next_after": next_after, "epoch": epochs.present})

    async def snapshot(request: web.Request) -> web.StreamResponse:
        queries.only(request, queries.WHEN)
        when = queries.when(request)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        async with aclosing(_snapshot_lines(reads, request[GRANT], when)) as lines:
            async for line in lines:
                # Not before there is a line: while PostgreSQL is away the answer is 503.
                await response.prepare(request)
                await response.write(line)
        await response.write_eof()
        return response

    feed = "The feed of changes, in the order of its topic"
    everything = "All assets that you may see, and the feed_seq they are as of"
    return [
        _read("/v1/changes", Object.CHANGE, changes, feed, _CHANGES_QUERY),
        _read("/v1/snapshot", Object.ASSET, snapshot, everything, queries.WHEN),
    ]


def _read(path: str, on: Object, handler: Handler, summary: str, query: queries.Query) -> Route:
    return Route("GET", path, Action.READ, on, handler, summary, query)


_ASSET_QUERY = (
    ("import_mpan", "13 digits, or a supply number"),
    ("export_mpan", "13 digits, or a supply number"),
    ("serial_number", "in any spelling of case and separators"),
    ("postcode", "in any spacing"),
    ("category", "code of the asset category"),
    ("status", "code of the asset's status"),
    *queries.WHEN,
    ("cursor", "next_cursor of the page before"),
    ("limit", "assets a page, 1 to 1000"),
)
_CHANGES_QUERY = (
    ("after", "feed_seq to go on from"),
    ("epoch", "epoch in which that was read: 410 where it is void since"),
    ("limit", "events a page, 1 to 1000"),
    ("known_at", "time: events up to the first that was recorded after it"),
)


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


def _event(seq: int, event: AssetChanged) -> dict[str, Any]:
    told = event.model_dump(mode="json", exclude={"asset", "cause"})
    return {"feed_seq": seq, **told, "asset": answers.asset(event.asset)}


async def _snapshot_lines(reads: Reads, grant: Grant, when: When) -> AsyncGenerator[bytes, None]:
    async with aclosing(reads.snapshot(grant, SNAPSHOT_PAGE, when)) as items:
        async for item in items:
            line = vars(item) if isinstance(item, AsOf) else answers.asset(item)
            yield orjson.dumps(line) + b"\n"
