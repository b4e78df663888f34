"""Reads that leave a trace: who saw what, by which grant and which filter."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.rules.access import Grant
from hub.rules.timeline import NOW, When
from hub.services.audit.access import AccessLog
from hub.services.audit.log import Draft
from hub.services.audit.vault import Vault
from hub.services.histories import HistoryPage
from hub.services.links import Links
from hub.services.provenance import Sources
from hub.services.reads import AsOf, Page, Reads
from hub.services.shown import Elsewhere
from registry_store.assets import Filters
from registry_store.audit import SNAPSHOT
from registry_store.engine import Engine
from schemas.outbound import AssetChanged, AssetState

_IN_CLEAR = frozenset({"asset_category", "status"})
"""Filters that lead to nobody. The others are noted as keyed hashes: who knows the value can find them."""


class AuditedReads(Reads):
    """Every read of the register, noted once its answer is known and before it is given."""

    def __init__(self, engine: Engine, accesses: AccessLog, vault: Vault) -> None:
        super().__init__(engine)
        self._accesses = accesses
        self._vault = vault

    async def assets(self, grant: Grant, filters: Filters, after: UUID | None, limit: int, when: When = NOW) -> Page:
        page = await super().assets(grant, filters, after, limit, when)
        asked = {"filter": self._named(filters), "after": after and str(after), **_asked(when)}
        await self._note("read_assets", grant, asked, assets=_ids(state.asset_id for state in page.assets))
        return page

    async def asset(self, grant: Grant, asset_id: UUID, when: When = NOW) -> AssetState | Elsewhere | None:
        state = await super().asset(grant, asset_id, when)
        if isinstance(state, AssetState):
            await self._note("read_asset", grant, {"version": state.version, **_asked(when)}, asset_id=asset_id)
        return state

    async def history(self, grant: Grant, asset_id: UUID, when: When, after: int, limit: int) -> HistoryPage | None:
        page = await super().history(grant, asset_id, when, after, limit)
        if page is not None:
            shown = {"versions": [v.row.version for v in page.versions]}
            await self._note("read_history", grant, _asked(when) | shown, asset_id=asset_id)
        return page

    async def sources(self, grant: Grant, asset_id: UUID, when: When) -> Sources | Elsewhere | None:
        found = await super().sources(grant, asset_id, when)
        if isinstance(found, Sources):
            await self._note("read_sources", grant, _asked(when), asset_id=asset_id)
        return found

    async def links(self, grant: Grant, asset_id: UUID, when: When) -> Links | None:
        found = await super().links(grant, asset_id, when)
        if found is not None:
            await self._note("read_links", grant, _asked(when), asset_id=asset_id)
        return found

    async def changes(
        self, grant: Grant, after: int, limit: int, known_at: datetime | None = None
    ) -> tuple[list[tuple[int, AssetChanged]], int]:
        events, next_after = await super().changes(grant, after, limit, known_at)
        if events:
            # Who comes again and again and finds nothing new has read nothing.
            asked = {"after": after, "until": next_after}
            await self._note("read_changes", grant, asked, assets=_ids(event.asset_id for _, event in events))
        return events, next_after

    async def snapshot(self, grant: Grant, page: int, when: When = NOW) -> AsyncGenerator[AsOf | AssetState, None]:
        shown = 0
        try:
            async with aclosing(super().snapshot(grant, page, when)) as items:
                async for item in items:
                    shown += isinstance(item, AssetState)
                    yield item
        finally:
            # Also where the reader went away half-way: what it has got it has read.
            await self._note(SNAPSHOT, grant, {"shown": shown, **_asked(when)})

    async def _note(
        self,
        kind: str,
        grant: Grant,
        asked: Mapping[str, Any],
        *,
        asset_id: UUID | None = None,
        assets: tuple[str, ...] = (),
    ) -> None:
        payload = {"grant": granted(grant), **{name: value for name, value in asked.items() if value}}
        await self._accesses.note(Draft(kind, grant.participant or "", payload, asset_id=asset_id, assets=assets))

    def _named(self, filters: Filters) -> dict[str, str]:
        given = {name: value for name, value in vars(filters).items() if value is not None}
        return {name: value if name in _IN_CLEAR else self._vault.name(name, value) for name, value in given.items()}


def granted(grant: Grant) -> dict[str, Any]:
    """The grant that a reader had, as an entry has it: its kind, and the rows that it let through."""
    rows = {name: list(value) for name, value in vars(grant.rows).items() if value and value is not True}
    everything = {"everything": True} if grant.rows.everything else {}
    return {"kind": str(grant.kind), **everything, **rows}


def _asked(when: When) -> dict[str, Any]:
    """The day and the time that were asked about."""
    given = {"as_of": when.as_of, "known_at": when.known_at}
    return {name: value.isoformat() for name, value in given.items() if value is not None}


def _ids(found: Iterable[UUID]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(asset_id) for asset_id in found))
