"""One source's messages on one asset by both lanes: which is registered first is chance, and changes nothing."""

from itertools import permutations
from typing import Any

import pytest

from registry_store.engine import Engine
from schemas import topics
from schemas.notifications import Notification
from schemas.records.assets import AssetRow
from tests.support import register
from tests.support.journal import JournalBuilder
from tests.support.notifications import T0, a_battery, an_update

LIVE, BULK = topics.JOURNAL
TOLD: dict[str, tuple[str, Notification]] = {
    "commissioned": (BULK, a_battery(source_seq=1)),
    "updated": (BULK, an_update(phases=1, storage_energy_kwh="9.50", source_seq=2)),
    "corrected": (LIVE, an_update(phases=3, source_seq=3)),
}


def _entries(*names: str) -> list[Any]:
    """Journal entries in the order in which they are registered; their places are those in which they came."""
    lanes = {topic: JournalBuilder(topic=topic) for topic in topics.JOURNAL}
    found = {name: lanes[topic].entry(told) for name, (topic, told) in TOLD.items()}
    return [found[name] for name in names]


def _said(asset: AssetRow) -> dict[str, Any]:
    """All but how often it changed on the way."""
    return {name: value for name, value in asset.state.items() if name != "version"}


@pytest.fixture
async def state_in_order(engine: Engine) -> dict[str, Any]:
    for entry in _entries(*TOLD):
        await register.put(engine, [entry], now=T0)
    (asset,) = await register.assets(engine)
    assert (asset.state["phases"], asset.state["storage_energy_kwh"]) == (3, "9.50")
    await register.run(engine, f"TRUNCATE {register.REGISTER} CASCADE")
    return _said(asset)


@pytest.mark.parametrize("order", list(permutations(TOLD)), ids=" ".join)
async def test_the_asset_is_the_same_whichever_lane_was_faster(
    engine: Engine, state_in_order: dict[str, Any], order: tuple[str, ...]
) -> None:
    for entry in _entries(*order):
        await register.put(engine, [entry], now=T0)
    (asset,) = await register.assets(engine)
    assert _said(asset) == state_in_order


async def test_both_lanes_have_their_own_places_and_audit_chains(engine: Engine) -> None:
    await register.put(engine, _entries(*TOLD))
    places = {(row.journal_partition, row.journal_offset) for row in await register.inbox(engine)}
    assert len(places) == len(TOLD), "two lanes' partitions are not taken for one"
    assert {topics.journal_partition(number)[0] for number, _ in places} == set(topics.JOURNAL)
