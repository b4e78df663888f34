"""Assets as answers over HTTP: as documents, as not there, and as to be found elsewhere."""

from typing import Any
from uuid import UUID

from aiohttp import web

from hub.problems import problem
from hub.services.shown import Elsewhere
from schemas.outbound import AssetState


def feed_restarted(after: int, epoch: int) -> web.Response:
    """410: what the reader has of the feed is void from some number on."""
    detail = (
        f"The register was restored to an earlier time. What you have of the feed after number {after} is void and is"
        f" told again: drop it, and go on with after={after} and epoch={epoch}, or take a new snapshot."
    )
    return problem(410, "feed_restarted", detail, after=after, epoch=epoch)


def asset(state: AssetState) -> dict[str, Any]:
    """An asset as JSON, without what is not known."""
    return state.model_dump(mode="json", exclude_none=True)


def told(found: dict[str, Any]) -> dict[str, Any]:
    """What is known of something, without what is not."""
    return {name: value for name, value in found.items() if value is not None}


def text(found: UUID | None) -> str | None:
    # The driver's UUIDs are of a class of their own, which the JSON writer does not know.
    return str(found) if found is not None else None


def no_asset() -> web.Response:
    # The same for what does not exist and for what the reader may not see.
    return problem(404, "no_asset", "There is no asset with this id among those that you may see.")


def elsewhere(request: web.Request, found: Elsewhere) -> web.Response:
    """Where an asset is to be found that has turned out to be another.

    307 and not 308: when somebody finds out that they are two devices after all, the old id is that of a device again,
    and a client that has kept a permanent redirect would go on reading the wrong one.
    """
    old, new = request.match_info["asset_id"], str(found.asset_id)
    location = request.path.replace(old, new) + (f"?{request.query_string}" if request.query_string else "")
    detail = (
        f"This asset has turned out to be the same device as asset {new}, which now answers for it; read that one."
        " Should they prove to be two devices after all, this id is in use again."
    )
    headers = {"Location": location, "Cache-Control": "no-store"}
    return problem(307, "merged", detail, headers, asset_id=new)
