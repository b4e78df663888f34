"""Assets as one reader may see them, by their ids and page by page, now or as they were."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from hub.clock import today
from hub.rules.access import Grant
from hub.rules.timeline import When
from hub.services.views import Views, provided, provided_now
from registry_store import assets, past
from registry_store.assets import Filters
from registry_store.engine import Connection, Engine, repeatable_read, transaction
from schemas.outbound import AssetState
from schemas.records.assets import AssetRow

LEAST_PAGE = 100
"""Of the past few assets may be found in many: what is read at a time is no less than this."""


@dataclass(frozen=True)
class Elsewhere:
    """An asset that has turned out to be another, which the reader may see under its own id."""

    asset_id: UUID


@dataclass(frozen=True)
class Part:
    """Some assets as the reader sees them, in the order of their ids, and the id to go on from; None at the end."""

    shown: list[AssetState]
    last: UUID | None


async def one(connection: Connection, grant: Grant, asset_id: UUID, when: When) -> AssetState | Elsewhere | None:
    """The asset as the reader may see it, or where its id leads to."""
    if (state := await _found(connection, grant, asset_id, when)) is not None:
        return state
    other = await past.leads_to(connection, asset_id, when.horizon.known_at)
    if other is None or other == asset_id or await _found(connection, grant, other, when) is None:
        return None
    return Elsewhere(other)


async def _found(connection: Connection, grant: Grant, asset_id: UUID, when: When) -> AssetState | None:
    """The asset that stands for itself under this id."""
    if when.is_now:
        row = await assets.one(connection, grant.rows, asset_id)
        rows = [row] if row is not None and row.merged_into is None else []
        shown = await _shown(connection, grant, rows)
    else:
        version = await past.version(connection, grant.rows, asset_id, when.horizon.known_at)
        versions = [version] if version is not None and version.row.state.get("merged_into") is None else []
        shown = await _shown_then(connection, grant, versions, when)
    return shown[0] if shown else None


async def part(
    connection: Connection, grant: Grant, filters: Filters, after: UUID | None, limit: int, when: When
) -> Part:
    if when.is_now:
        rows = await assets.page(connection, grant.rows, filters, after, limit)
        return Part(await _shown(connection, grant, rows), rows[-1].asset_id if len(rows) == limit else None)
    limit = max(limit, LEAST_PAGE)
    # What is true on a day is composed; the stored state answers no filter about it.
    stored = filters if when.as_of is None else Filters()
    found = await past.page(connection, grant.rows, stored, when.horizon.known_at, after, limit)
    shown = await _shown_then(connection, grant, found, when)
    return Part(shown, found[-1].row.asset_id if len(found) == limit else None)


async def _shown(connection: Connection, grant: Grant, rows: Sequence[AssetRow]) -> list[AssetState]:
    states = [state_of(row) for row in rows]
    views = await Views.load(connection, grant, states, provided(grant, states), today())
    return [shown for state in states if (shown := views.of(state)) is not None]


async def _shown_then(
    connection: Connection, grant: Grant, versions: Sequence[past.Version], when: When
) -> list[AssetState]:
    states = [AssetState.model_validate(version.row.state) for version in versions]
    theirs = provided_now(grant, versions)
    views = await Views.load(connection, grant, states, theirs, today(), deep=when.as_of is not None)
    found = (views.of(state, when.horizon, when.as_of) for state in states)
    return [shown for shown in found if shown is not None]


@asynccontextmanager
async def moment(engine: Engine, when: When) -> AsyncIterator[Connection]:
    """What was is put together from several tables, which must be of one moment."""
    async with transaction(engine) if when.is_now else repeatable_read(engine) as connection:
        yield connection


def state_of(row: AssetRow) -> AssetState:
    return AssetState.model_validate(row.state)
