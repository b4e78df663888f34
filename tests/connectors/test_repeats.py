"""What is on its way, and what this door remembers."""

import asyncio
from collections.abc import Sequence

import pytest

from connectors import repeats
from connectors.repeats import Repeats
from registry_store.engine import connect
from registry_store.inbox import Key

OLD, NEW, OTHER = ("installer-1", "msg-old"), ("installer-1", "msg-new"), ("installer-1", "msg-other")


class SlowInbox:
    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def digests(self, keys: Sequence[Key]) -> dict[Key, bytes]:
        assert keys == [NEW]
        self.asked.set()
        await self.may_answer.wait()
        return {}


async def test_what_is_forgotten_while_the_inbox_is_asked_is_known_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repeats, "REMEMBERED", 1)
    inbox, found = SlowInbox(), Repeats(connect("postgresql://nobody@/nowhere"))
    monkeypatch.setattr(found, "_inbox", inbox)
    for key in (OLD, OTHER):
        found.sets_out(key, key[1].encode())
    found.arrived([(OLD, b"msg-old")], taken=True)
    looking = asyncio.ensure_future(found.registered([OLD, NEW]))
    await inbox.asked.wait()
    found.arrived([(OTHER, b"msg-other")], taken=True)
    inbox.may_answer.set()
    registered = await looking
    assert found.accepted(OLD, registered) == b"msg-old"
    assert found.accepted(NEW, registered) is None


async def test_while_a_body_is_on_its_way_a_second_time_its_id_is_not_free() -> None:
    """The first of the two was not taken; the second may still be."""
    found = Repeats(connect("postgresql://nobody@/nowhere"))
    assert [found.sets_out(NEW, b"body") for _ in range(2)] == [b"body"] * 2
    found.arrived([(NEW, b"body")], taken=False)
    assert found.sets_out(NEW, b"another body") == b"body"
    found.arrived([(NEW, b"body")], taken=False)
    assert found.sets_out(NEW, b"another body") == b"another body"
