"""Reading the register as somebody who may see a part of it, as it is or as it was."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.clock import today
from hub.rules import feed_epochs as epochs
from hub.rules.access import Grant
from hub.rules.feed_epochs import Start
from hub.rules.telling import is_own
from hub.rules.timeline import NOW, Horizon, When
from hub.services import shown
from hub.services.histories import Histories, HistoryPage
from hub.services.links import LinkHistories, Links
from hub.services.provenance import Provenance, Sources
from hub.services.shown import Elsewhere, Part, moment
from hub.services.views import Views, provided
from registry_store import assets, feed_epochs, outbox, receipts
from registry_store.assets import Filters
from registry_store.engine import Engine, repeatable_read, transaction
from schemas import avro, topics
from schemas.identifiers import normalise_serial
from schemas.outbound import AssetChanged, AssetState
from schemas.records.outbound import ReceiptRow


@dataclass(frozen=True)
class Page:
    """Assets, and the id to go on from where there may be more."""

    assets: list[AssetState]
    cursor: UUID | None


@dataclass(frozen=True)
class AsOf:
    """A place in the feed of changes."""

    feed_seq: int
    epoch: int


@dataclass(frozen=True)
class Epochs:
    """The epochs of the feed of changes; `last` is its last number."""

    starts: tuple[Start, ...]
    last: int

    @property
    def present(self) -> int:
        return epochs.present(self.starts)

    def go_back_to(self, after: int, epoch: int | None) -> int | None:
        """The number from which to read again where what a reader has up to `after`, read in `epoch`, is void. Without
        an epoch it shows only in a number that was not given yet."""
        if epoch is None:
            return self.last if self.starts and after > self.last else None
        first_void = epochs.void_after(self.starts, topics.CHANGES, epoch)
        return first_void if first_void is not None and after > first_void else None


class Reads:
    """Every read takes the grant of the reader; its row filter goes into the query, its view over what is found."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def assets(self, grant: Grant, filters: Filters, after: UUID | None, limit: int, when: When = NOW) -> Page:
        """A page that is full as long as there are enough. Neither what is on it nor where it ends tells of what the
        reader does not see: an asset that a filter finds only by such a thing is passed over."""
        found: list[AssetState] = []
        async with moment(self.engine, when) as connection:
            while len(found) < limit:
                part = await shown.part(connection, grant, filters, after, limit, when)
                found += [state for state in part.shown if _matches(state, filters)]
                if part.last is None:
                    break
                after = part.last
        return Page(found[:limit], found[limit - 1].asset_id if len(found) >= limit else None)

    async def asset(self, grant: Grant, asset_id: UUID, when: When = NOW) -> AssetState | Elsewhere | None:
        """The asset, or where it is to be found now that it has turned out to be another."""
        async with moment(self.engine, when) as connection:
            return await shown.one(connection, grant, asset_id, when)

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
            theirs = provided(grant, [shown.state_of(row) for row in present])
            views = await Views.load(connection, grant, [event.asset for _, event in events], theirs, today())
        found = [(seq, seen) for seq, event in events if (seen := _seen(event, grant, views)) is not None]
        return found, events[-1][0] if events else after

    async def epoch(self) -> Epochs:
        """The epoch of the feeds, and from where on what was read in earlier ones is void."""
        async with transaction(self.engine) as connection:
            starts = await feed_epochs.starts(connection)
            return Epochs(tuple(starts), await outbox.last_numbered(connection, topics.CHANGES))

    async def snapshot(self, grant: Grant, page: int, when: When = NOW) -> AsyncGenerator[AsOf | AssetState, None]:
        """First where in the feed the snapshot is, then the assets, all from one moment."""
        async with repeatable_read(self.engine) as connection:
            epoch = epochs.present(await feed_epochs.starts(connection))
            if when.known_at is None:
                yield AsOf(await outbox.last_numbered(connection, topics.CHANGES), epoch)
            else:
                yield AsOf(await outbox.last_recorded(connection, topics.CHANGES, when.known_at), epoch)
            part = Part([], None)
            while True:
                part = await shown.part(connection, grant, Filters(), part.last, page, when)
                for state in part.shown:
                    yield state
                if part.last is None:
                    return

    async def history(self, grant: Grant, asset_id: UUID, when: When, after: int, limit: int) -> HistoryPage | None:
        """The next versions of an asset; nothing where it was never the reader's business."""
        return await Histories(self.engine).versions(grant, asset_id, when, after, limit)

    async def sources(self, grant: Grant, asset_id: UUID, when: When) -> Sources | Elsewhere | None:
        """Who says what the reader may see of an asset."""
        return await Provenance(self.engine).sources(grant, asset_id, when)

    async def links(self, grant: Grant, asset_id: UUID, when: When) -> Links | None:
        """Of which sightings an asset was made when, as far as the reader may know."""
        return await LinkHistories(self.engine).links(grant, asset_id, when)

    async def receipts(self, grant: Grant, message_ids: Sequence[str]) -> list[ReceiptRow]:
        """The reader's own receipts among these ids."""
        async with transaction(self.engine) as connection:
            return await receipts.get(connection, grant.participant or "", message_ids)


def _seen(event: AssetChanged, grant: Grant, views: Views) -> AssetChanged | None:
    """An event as the reader may see it: one that concerned him, or that a message of his own brought about."""
    if not views.whole(event.asset) and not is_own(event.cause.participant, grant):
        return None
    seen = views.of(event.asset, Horizon(event.recorded_at))
    if seen is None:
        return None
    return event.model_copy(update={"asset": seen, "changed_fields": views.changes(event.changed_fields, event.asset)})


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
