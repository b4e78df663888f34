"""A migration that only adds, under load: the running version goes on, and its processes are replaced one by one.

The short form of this is in `test_failover`, before the primary dies.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import settings
from hub.embedded.stack import Stack
from tests.faults.rolling import roll
from tests.support.sending import nothing_is_lost


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    made = Stack(settings.load(data=folder / "rolling", port=0), print)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.mark.faults
@pytest.mark.timeout(1200)
async def test_nothing_is_lost_of_many_when_tables_are_added_to(stack: Stack, tmp_path: Path) -> None:
    sending = await roll(stack, tmp_path, 10_000)
    await nothing_is_lost(stack.settings, sending)
