"""What was true on a day, as it was known at a time: whatever is told later, the answer about the past stays.

The model keeps a whole copy of the register after each batch, and looks into the copy of the time asked about.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.rules.composition import compose
from hub.rules.matching.identity import identity_of
from hub.rules.timeline import NOW, When
from hub.services.histories import Histories
from hub.services.reads import Reads
from hub.services.registration import stored
from hub.services.shown import Elsewhere
from registry_store.assets import Filters
from registry_store.engine import Engine, connect, transaction
from schemas.notifications import AssetCommissioned, Notification
from schemas.outbound import AssetState
from schemas.records.assets import AssetRow
from schemas.records.claims import SourceClaimRow
from schemas.records.sightings import SightingRow
from tests.services.test_register_machine import TABLES
from tests.services.test_views import grant
from tests.support import people, register
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, YESTERDAY, a_battery, a_claim, a_device, a_removal, an_update
from tests.support.premises import FLAT

AN_HOUR = timedelta(hours=1)
READERS = ("admin", "neso", "eastern", "london", "installer-1", "installer-2", "oem-1")


def april(day: int) -> date:
    return date(2026, 4, day)


def said(minutes: int, day: int) -> dict[str, Any]:
    return {"occurred_at": YESTERDAY + timedelta(minutes=minutes), "effective_from": april(day)}


def commissioned(day: int) -> dict[str, Any]:
    return {"effective_from": april(day), "commissioning_date": april(day)}


TOLD: tuple[Notification, ...] = (
    a_device("installer-1", "I1", **said(0, 10)),
    an_update("installer-1", "I1", phases=1, **said(1, 12)),
    # Told later about an earlier day, and told again.
    an_update("installer-1", "I1", phases=3, model="M-1", **said(2, 11)),
    an_update("installer-1", "I1", phases=3, model="M-1", **said(6, 11)),
    an_update("installer-1", "I1", phases=1, **said(7, 14)),
    an_update("installer-1", "I1", location=FLAT.location(), **said(8, 20)),
    # Another's device, which proves to be the same for a while.
    a_device("oem-1", "O1", serial="SN-0077777", model="Maker's own", **said(1, 9)),
    an_update("oem-1", "O1", serial_number="SN-0012345", **said(3, 13)),
    an_update("oem-1", "O1", serial_number="SN-0012345", **said(4, 13)),
    an_update("oem-1", "O1", serial_number="SN-0077777", **said(9, 15)),
    a_device("fsp-1", "F1", market=a_claim("fsp-1", people.CONSENT), **said(2, 16)),
    a_device("installer-2", "I2", model="M-2", **said(5, 8)),
    a_removal("installer-2", "I2", **said(9, 22)),
    a_battery("installer-2", "alone", **said(0, 18)),
    a_battery("installer-2", "alone", **said(4, 18)),
)
DAYS = (april(8), april(11), april(13), april(15), april(19), april(30), None)


@dataclass(frozen=True)
class Copy:
    """The register after one batch: its tables as they were, and what everybody could read."""

    assets: dict[UUID, AssetRow]
    sightings: list[SightingRow]
    claims: list[SourceClaimRow]
    read: dict[str, list[AssetState]]

    def state(self, asset_id: UUID, day: date | None) -> AssetState | None:
        """The asset on a day, from the claims of the sightings that it was made of."""
        row = self.assets.get(asset_id)
        if row is None or row.merged_into is not None:
            return None
        state = AssetState.model_validate(row.state)
        if day is None:
            return state
        members = [s for s in self.sightings if s.asset_id == asset_id]
        true, known = [], 0
        for member in members:
            its = [stored.from_row(c) for c in self.claims if (c.source, c.sender_asset_ref) == _id(member)]
            known += len(its)
            its = [c for c in its if getattr(c.notification, "effective_from") <= day]  # noqa: B009 - each kind has it
            if any(isinstance(c.notification, AssetCommissioned) for c in its):
                true += its
        if len(true) == known:
            # With what the connection forms asked for then, which follows from what stood beside it.
            return state
        identity = identity_of(stored.standing(member) for member in members)
        return compose(asset_id, state.version, true, "evidence_only", identity).state if true else None


def _id(row: SightingRow) -> tuple[str, str]:
    return row.source, row.reference


async def copied(engine: Engine) -> Copy:
    assets = {row.asset_id: row for row in await register.assets(engine)}
    read = {who: (await Reads(engine).assets(grant(who), Filters(), None, 100)).assets for who in READERS}
    return Copy(assets, await register.sightings(engine), await register.claims(engine), read)


async def clear(engine: Engine) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text(f"TRUNCATE {TABLES}"))


def batches() -> st.SearchStrategy[list[list[int]]]:
    """All messages in any order, some of them twice, cut into batches anywhere."""
    some = st.lists(st.integers(0, len(TOLD) - 1), max_size=4)
    order = st.tuples(st.permutations(range(len(TOLD))), some).map(lambda both: [*both[0], *both[1]])
    cuts = st.sets(st.integers(1, len(TOLD) - 1), min_size=3, max_size=8)
    return st.tuples(order, cuts).map(lambda both: _cut(*both))


def _cut(order: list[int], cuts: set[int]) -> list[list[int]]:
    return [order[a:b] for a, b in pairwise([0, *sorted(cuts), len(order)])]


async def agrees_with_the_model(url: str, plan: Sequence[Sequence[int]], days: Sequence[date | None]) -> None:
    engine, journal, copies = connect(url), JournalBuilder(partitions=1), dict[datetime, Copy]()
    try:
        await clear(engine)
        entries = [journal.entry(notice, message_id(f"past-{n}")) for n, notice in enumerate(TOLD)]
        for number, batch in enumerate(plan):
            known_at = T0 + number * AN_HOUR
            await register.put(engine, [entries[i] for i in batch], now=known_at)
            copies[known_at] = await copied(engine)
        ids = {row.asset_id for row in await register.memberships(engine)}
        for known_at, copy in copies.items():
            await _the_same(engine, copy, known_at, ids, days)
    finally:
        await engine.dispose()


async def _the_same(
    engine: Engine, copy: Copy, known_at: datetime, ids: set[UUID], days: Sequence[date | None]
) -> None:
    reads, whole = Reads(engine), grant("admin")
    moment = known_at + AN_HOUR / 2
    for who, found in copy.read.items():
        page = await reads.assets(grant(who), Filters(), None, 100, When(None, moment))
        assert page.assets == found, who
    for day in days:
        when = When(day, moment)
        expected = {i: state for i in sorted(ids) if (state := copy.state(i, day)) is not None}
        assert (await reads.assets(whole, Filters(), None, 100, when)).assets == list(expected.values()), day
        for asset_id in sorted(ids):
            found_one = await reads.asset(whole, asset_id, when)
            state = None if isinstance(found_one, Elsewhere) else found_one
            assert state == expected.get(asset_id)
            history = await Histories(engine).versions(whole, asset_id, when, 0, 1000)
            if state is not None and history is not None:
                assert history.versions[-1].asset == state, "the history ends with the state that is asked about"


# To shrink a plan takes hundreds of registers.
@settings(max_examples=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(plan=batches(), days=st.lists(st.sampled_from(DAYS), min_size=2, max_size=2, unique=True))
def test_the_past_is_what_it_was(database: str, plan: list[list[int]], days: list[date | None]) -> None:
    asyncio.run(agrees_with_the_model(database, plan, days))


async def test_the_present_is_the_past_of_now(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(*TOLD))
    for who in READERS:
        now = await Reads(engine).assets(grant(who), Filters(), None, 100, NOW)
        past = await Reads(engine).assets(grant(who), Filters(), None, 100, When(None, T0))
        assert now == past and now.assets
