"""How the agent makes its batches: what lies ready goes into one, up to the limit; what comes alone is not held."""

import importlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from streams.records import JournalRecord

BATCH = 50


@dataclass
class Stream:
    """What an agent is given. `shares` are what Faust gives in turn, each with whether more lies ready behind it."""

    shares: Sequence[tuple[int, bool]]
    acked: int = 0
    channel: Any = field(default_factory=lambda: SimpleNamespace(queue=SimpleNamespace(empty=lambda: True, qsize=int)))

    async def noack_take(self, limit: int, within: float) -> AsyncIterator[list[Any]]:
        offset = 0
        for size, more in self.shares:
            assert size <= limit
            self.channel.queue.empty = lambda more=more: not more
            message = SimpleNamespace(topic="t", partition=0, value=b"", headers=(), timestamp=0.0)
            yield [SimpleNamespace(message=SimpleNamespace(**vars(message), offset=offset + n)) for n in range(size)]
            offset += size

    async def ack(self, event: Any) -> None:
        self.acked += 1


async def batches(monkeypatch: pytest.MonkeyPatch, *shares: tuple[int, bool]) -> list[int]:
    """The sizes of what was registered, after each of which everything so far is acknowledged."""
    stream, sizes = Stream(shares), list[int]()

    async def handle(records: Sequence[JournalRecord]) -> None:
        assert [r.offset for r in records] == list(range(sum(sizes), sum(sizes) + len(records)))
        assert stream.acked == sum(sizes), "nothing of a batch is acknowledged before it is registered"
        sizes.append(len(records))

    # Its guard is made at import, and connects to nothing before it is used.
    monkeypatch.setenv("HUB_DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    registration: Any = importlib.import_module("streams.registration")
    monkeypatch.setattr(registration, "guard", SimpleNamespace(handle=handle))
    monkeypatch.setattr(registration, "SETTINGS", SimpleNamespace(worker_batch=BATCH, worker_within_ms=5))
    await registration.registration.fun(stream)
    assert stream.acked == sum(sizes)
    return sizes


async def test_what_comes_alone_is_registered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await batches(monkeypatch, (1, False), (3, False)) == [1, 3]


async def test_what_lies_ready_goes_into_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await batches(monkeypatch, (7, True), (10, True), (4, False)) == [21]


async def test_no_batch_is_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await batches(monkeypatch, *[(10, True)] * 9, (10, False)) == [50, 50]
