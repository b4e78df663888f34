"""Reading the register as somebody who may see a part of it."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub import clock
from hub.rules.access import Grant
from hub.services.views import Views, is_whole
from registry_store import assets, history, outbox, receipts
from registry_store.assets import Filters
from registry_store.engine import Connection, Engine, repeatable_read, transaction
from schemas import avro, topics
from schemas.identifiers import normalise_serial
from schemas.outbound import AssetChanged, AssetState
from schemas.records import AssetHistoryRow, AssetRow, ReceiptRow


@dataclass(frozen=True)
class Version:
    """One version of an asset: its row, what the reader sees of it, and the message behind it as far as he may know."""

    row: AssetHistoryRow
    asset: AssetState
    changed_fields: tuple[str, ...]
    participant: str | None
    message_id: str | None


@dataclass(frozen=True)
class Page:
    """Assets, and the id to go on from where there may be more."""

    assets: list[AssetState]
    cursor: UUID | None


class Reads:
    """Every read takes the grant of the reader; its row filter goes into the query, its view over what is found."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def assets(self, grant: Grant, filters: Filters, after: UUID | None, limit: int) -> Page:
        """A page that is full as long as there are enough. Neither what is on it nor where it ends tells of what the
        reader does not see: an asset that a filter finds only by such a thing is passed over."""
        found: list[AssetState] = []
        async with transaction(self._engine) as connection:
            while len(found) < limit:
                rows = await assets.page(connection, grant.rows, filters, after, limit)
                found += [state for state in await _shown(connection, grant, rows) if _matches(state, filters)]
                if len(rows) < limit:
                    break
                after = rows[-1].asset_id
        return Page(found[:limit], found[limit - 1].asset_id if len(found) >= limit else None)

    async def asset(self, grant: Grant, asset_id: UUID) -> AssetState | None:
        async with transaction(self._engine) as connection:
            row = await assets.one(connection, grant.rows, asset_id)
            return (await _shown(connection, grant, [row]))[0] if row else None

    async def history(
        self, grant: Grant, asset_id: UUID, as_of: date | None, known_at: datetime | None
    ) -> list[Version] | None:
        """Versions of an asset; nothing where the reader may not see it. A sender sees those that it brought about."""
        async with transaction(self._engine) as connection:
            present = await assets.one(connection, grant.rows, asset_id)
            if present is None:
                return None
            views = await Views.load(connection, grant, [_state(present)], _today())
            rows = await history.of(connection, asset_id, as_of, known_at)
        versions = [(row, AssetState.model_validate(row.state)) for row in rows]
        return [
            _version(row, state, grant, views)
            for row, state in versions
            if _may_see(state, row.participant, grant, views)
        ]

    async def changes(self, grant: Grant, after: int, limit: int) -> tuple[list[tuple[int, AssetChanged]], int]:
        """Events of `fmar.changes` with their `feed_seq`, in their order, and the number to go on from."""
        async with transaction(self._engine) as connection:
            rows = await outbox.feed(connection, topics.CHANGES, grant.rows, after, limit)
            events = [(row.feed_seq or 0, avro.decode(bytes(row.value), AssetChanged)) for row in rows]
            ids = list({event.asset_id for _, event in events})
            present = [_state(row) for row in await assets.by_ids(connection, ids)]
            views = await Views.load(connection, grant, present, _today())
        shown = [
            (seq, event.model_copy(update=_seen(event, views)))
            for seq, event in events
            if _may_see(event.asset, event.cause.participant, grant, views)
        ]
        return shown, events[-1][0] if events else after

    async def snapshot(self, grant: Grant, page: int) -> AsyncGenerator[int | AssetState, None]:
        """First the `feed_seq` that the snapshot is as of, then the assets, all from one moment."""
        async with repeatable_read(self._engine) as connection:
            yield await outbox.last_numbered(connection, topics.CHANGES)
            after = None
            while rows := await assets.page(connection, grant.rows, Filters(), after, page):
                for state in await _shown(connection, grant, rows):
                    yield state
                after = rows[-1].asset_id

    async def receipts(self, grant: Grant, message_ids: Sequence[str]) -> list[ReceiptRow]:
        """The reader's own receipts among these ids."""
        async with transaction(self._engine) as connection:
            return await receipts.get(connection, grant.participant or "", message_ids)


def _may_see(state: AssetState, participant: str, grant: Grant, views: Views) -> bool:
    """Whether one version is the reader's business: an asset that has come to its area was another's before."""
    if views.partly(state.asset_id):
        return participant in (grant.participant, *grant.rows.sources)
    return is_whole(state, grant)


async def _shown(connection: Connection, grant: Grant, rows: Sequence[AssetRow]) -> list[AssetState]:
    states = [_state(row) for row in rows]
    views = await Views.load(connection, grant, states, _today())
    return [views.of(state) for state in states]


def _version(row: AssetHistoryRow, state: AssetState, grant: Grant, views: Views) -> Version:
    own = row.participant in (grant.participant, *grant.rows.sources) or grant.rows.everything
    # The sender may be another provider, and who else claims an asset is not for one to know.
    named = own or grant.visibility.only_providers is None
    return Version(
        row,
        views.of(state, row.recorded_at),
        views.changes(row.changed_fields, state),
        row.participant if named else None,
        row.message_id if own else None,
    )


def _seen(event: AssetChanged, views: Views) -> dict[str, object]:
    return {
        "asset": views.of(event.asset, event.recorded_at),
        "changed_fields": views.changes(event.changed_fields, event.asset),
    }


def _state(row: AssetRow) -> AssetState:
    return AssetState.model_validate(row.state)


def _today() -> date:
    return clock.london_date(clock.now())


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
