"""The versions of an asset over HTTP."""

from typing import Any

from aiohttp import web

from hub.api import answers, queries
from hub.problems import document
from hub.routes import GRANT, Route
from hub.rules.access import Action, Object
from hub.services.histories import Version
from hub.services.reads import Reads

_QUERY = (
    *queries.WHEN,
    ("after", "version to go on from"),
    ("limit", "versions a page, 1 to 1000"),
)


def routes(reads: Reads) -> list[Route]:
    """The history of one asset."""

    async def history(request: web.Request) -> web.Response:
        queries.only(request, _QUERY)
        asset_id, when = queries.in_path(request, "asset_id"), queries.when(request)
        after, limit = queries.number(request, "after", 0, 0, 2**62), queries.limit(request)
        page = await reads.history(request[GRANT], asset_id, when, after, limit)
        if page is None:
            return answers.no_asset()
        versions = [_version(version) for version in page.versions]
        return document({"asset_id": asset_id, "versions": versions, "next_after": page.next_after})

    summary = "Every version of an asset: who brought it about, when, by which message and rule"
    return [Route("GET", "/v1/assets/{asset_id}/history", Action.READ, Object.HISTORY, history, summary, _QUERY)]


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
        "notification": version.notification,
        "rules": [vars(rule) for rule in version.rules],
        "asset": answers.asset(version.asset),
    }
    return answers.told(found)
