"""kill -9 of each part in the middle of a flood: nothing acknowledged is lost, nothing has its effect twice.

The hub starts each part again by itself.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import running, settings
from hub.embedded.stack import Stack
from hub.services.verify import verify
from registry_store.engine import connect, transaction
from registry_store.reconciliation import outcomes
from tests.faults.flood import Flood, pour

ASSETS, UPDATED = 15_000, 5_000


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    """A whole hub of the test's own."""
    made = Stack(settings.load(data=folder / "kills", port=0), print)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.mark.timeout(600)
async def test_nothing_acknowledged_is_lost_when_every_part_is_killed_in_the_middle_of_20000_messages(
    stack: Stack,
) -> None:
    flood = Flood(ASSETS, UPDATED)
    sender = running.development_identity(stack.data, "installer-1")

    at = {
        0.15: lambda: stack.supervisor.kill("worker"),
        0.35: lambda: stack.supervisor.kill("door"),
        0.55: stack.kafka.kill,
        0.75: lambda: stack.supervisor.kill("relay"),
    }

    await pour(stack.url, sender, flood, at)

    assert flood.refused == []
    assert len(flood.acknowledged) == flood.messages
    engine = connect(stack.settings.database or "")
    verdict = await verify(engine, stack.settings.kafka or "", stack.settings.secret or "", print)
    async with transaction(engine) as connection:
        found = await outcomes(connection, sender.participant)
    await engine.dispose()
    assert verdict.problems == ()
    assert set(found) >= flood.acknowledged, "every acknowledged message has a final receipt"
    told = [found[message_id] for message_id in flood.acknowledged]
    assert {"registered": told.count("registered"), "updated": told.count("updated")} == {
        "registered": ASSETS,
        "updated": UPDATED,
    }
    assert all(stack.supervisor.restarts(name) >= 1 for name in ("door", "worker", "relay"))
