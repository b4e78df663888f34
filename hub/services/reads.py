"""Reading the register as somebody who may see a part of it, as it is or as it was."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub import clock
from hub.rules.access import Grant
from hub.rules.telling import is_own
from hub.rules.timeline import NOW, Horizon, When
from hub.services.views import Views, provided
from registry_store import assets, outbox, past, receipts
from registry_store.assets import Filters
from registry_store.engine import Connection, Engine, repeatable_read, transaction
from schemas import avro, topics
from schemas.identifiers import normalise_serial
from schemas.outbound import AssetChanged, AssetState
from schemas.records import AssetRow, ReceiptRow

LEAST_PAGE = 100
"""Of the past few assets may be found in many: what is read at a time is no less than this."""


@dataclass(frozen=True)
class Page:
    """Assets, and the id to go on from where there may be more."""

    assets: list[AssetState]
    cursor: UUID | None


@dataclass(frozen=True)
class Elsewhere:
    """An asset that has turned out to be another, which the reader may see under its own id."""

    asset_id: UUID


@dataclass(frozen=True)
class _Part:
    """Some assets as the reader sees them, in the order of their ids, and the id to go on from; None at the end."""

    shown: list[AssetState]
    last: UUID | None


class Reads:
    """Every read takes the grant of the reader; its row filter goes into the query, its view over what is found."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def assets(self, grant: Grant, filters: Filters, after: UUID | None, limit: int, when: When = NOW) -> Page:
        """A page that is full as long as there are enough. Neither what is on it nor where it ends tells of what the
        reader does not see: an asset that a filter finds only by such a thing is passed over."""
        found: list[AssetState] = []
        async with _moment(self.engine, when) as connection:
            while len(found) < limit:
                part = await _part(connection, grant, filters, after, limit, when)
                found += [state for state in part.shown if _matches(state, filters)]
                if part.last is None:
                    break
                after = part.last
        return Page(found[:limit], found[limit - 1].asset_id if len(found) >= limit else None)

    async def asset(self, grant: Grant, asset_id: UUID, when: When = NOW) -> AssetState | Elsewhere | None:
        """The asset, or where it is to be found now that it has turned out to be another."""
        async with _moment(self.engine, when) as connection:
            return await one(connection, grant, asset_id, when)

    async def changes(
        self, grant: Grant, after: int, limit: int, known_at: datetime | None = None
    ) -> tuple[list[tuple[int, AssetChanged]], int]:
        """Events of `fmar.changes` with their `feed_seq`, in their order, and the number to go on from; up to the
        first that was recorded after `known_at`."""
        async with transaction(self.engine) as connection:
            rows = await outbox.feed(connection, topics.CHANGES, grant.rows, after, limit)
            if known_at is not None:
                late = next((n for n, row in enumerate(rows) if row.created_at > known_at), len(rows))
                rows = rows[:late]
            events = [(row.feed_seq or 0, avro.decode(bytes(row.value), AssetChanged)) for row in rows]
            present = await assets.by_ids(connection, list({event.asset_id for _, event in events}))
            theirs = provided(grant, [_state(row) for row in present])
            views = await Views.load(connection, grant, [event.asset for _, event in events], theirs, today())
        shown = [(seq, seen) for seq, event in events if (seen := _seen(event, grant, views)) is not None]
        return shown, events[-1][0] if events else after

    async def snapshot(self, grant: Grant, page: int, when: When = NOW) -> AsyncIterator[int | AssetState]:
        """First the `feed_seq` that the snapshot is as of, then the assets, all from one moment."""
        async with repeatable_read(self.engine) as connection:
            if when.known_at is None:
                yield await outbox.last_numbered(connection, topics.CHANGES)
            else:
                yield await outbox.last_recorded(connection, topics.CHANGES, when.known_at)
            part = _Part([], None)
            while True:
                part = await _part(connection, grant, Filters(), part.last, page, when)
                for state in part.shown:
                    yield state
                if part.last is None:
                    return

    async def receipts(self, grant: Grant, message_ids: Sequence[str]) -> list[ReceiptRow]:
        """The reader's own receipts among these ids."""
        async with transaction(self.engine) as connection:
            return await receipts.get(connection, grant.participant or "", message_ids)


async def one(connection: Connection, grant: Grant, asset_id: UUID, when: When) -> AssetState | Elsewhere | None:
    """The asset as the reader may see it, or where its id leads to."""
    if (state := await _found(connection, grant, asset_id, when)) is not None:
        return state
    other = await past.leads_to(connection, asset_id, when.horizon.known_at)
    if other is None or other == asset_id or await _found(connection, grant, other, when) is None:
        return None
    return Elsewhere(other)


def today() -> date:
    return clock.london_date(clock.now())


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


async def _part(
    connection: Connection, grant: Grant, filters: Filters, after: UUID | None, limit: int, when: When
) -> _Part:
    if when.is_now:
        rows = await assets.page(connection, grant.rows, filters, after, limit)
        return _Part(await _shown(connection, grant, rows), rows[-1].asset_id if len(rows) == limit else None)
    limit = max(limit, LEAST_PAGE)
    # What is true on a day is composed; the stored state answers no filter about it.
    stored = filters if when.as_of is None else Filters()
    found = await past.page(connection, grant.rows, stored, when.horizon.known_at, after, limit)
    shown = await _shown_then(connection, grant, found, when)
    return _Part(shown, found[-1].row.asset_id if len(found) == limit else None)


async def _shown(connection: Connection, grant: Grant, rows: Sequence[AssetRow]) -> list[AssetState]:
    states = [_state(row) for row in rows]
    views = await Views.load(connection, grant, states, provided(grant, states), today())
    return [shown for state in states if (shown := views.of(state)) is not None]


async def _shown_then(
    connection: Connection, grant: Grant, versions: Sequence[past.Version], when: When
) -> list[AssetState]:
    states = [AssetState.model_validate(version.row.state) for version in versions]
    theirs = frozenset(v.row.asset_id for v in versions if v.provider_now in grant.rows.fsps)
    views = await Views.load(connection, grant, states, theirs, today(), deep=when.as_of is not None)
    found = (views.of(state, when.horizon, when.as_of) for state in states)
    return [shown for shown in found if shown is not None]


def _seen(event: AssetChanged, grant: Grant, views: Views) -> AssetChanged | None:
    """An event as the reader may see it: one that concerned him, or that a message of his own brought about."""
    if not views.whole(event.asset) and not is_own(event.cause.participant, grant):
        return None
    shown = views.of(event.asset, Horizon(event.recorded_at))
    if shown is None:
        return None
    return event.model_copy(update={"asset": shown, "changed_fields": views.changes(event.changed_fields, event.asset)})


@asynccontextmanager
async def _moment(engine: Engine, when: When) -> AsyncIterator[Connection]:
    """What was is put together from several tables, which must be of one moment."""
    async with transaction(engine) if when.is_now else repeatable_read(engine) as connection:
        yield connection


def _state(row: AssetRow) -> AssetState:
    return AssetState.model_validate(row.state)


def _matches(state: AssetState, filters: Filters) -> bool:
    seen = {
        "import_mpan": state.place.import_mpan,
        "export_mpan": state.place.export_mpan,
        "serial_key": normalise_serial(state.serial_number).normal,
        "postcode": state.place.postcode,
        "asset_category": state.asset_category,
        "status": state.status,
    }
    return all(wanted is None or seen[name] == wanted for name, wanted in vars(filters).items())
