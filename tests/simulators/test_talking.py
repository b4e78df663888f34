"""Conversations keep their order, however many go on side by side."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import talking
from simulators.client import HubClient
from simulators.ledger import Ledger
from simulators.messages import REPEAT, TOLD, Conversation, Outgoing, Step
from simulators.pace import Pace, side_by_side
from tests.simulators.hub_stand_in import StandIn, standing_in
from tests.simulators.town import IDENTITIES

WHO = IDENTITIES["installer-1"]


def conversation(number: int, length: int) -> Conversation:
    return tuple(Step(Outgoing(f"conversation-{number:04d}-{n:04d}", b"{}"), TOLD) for n in range(length))


@given(st.lists(st.integers(1, 4), max_size=40), st.integers(1, 10))
def test_waves_hold_every_step_once_and_no_two_of_a_conversation(lengths: list[int], size: int) -> None:
    conversations = [conversation(number, length) for number, length in enumerate(lengths)]
    waves = list(talking.waves(conversations, size))
    said = [step for wave in waves for step in wave]
    assert sorted(s.outgoing.message_id for s in said) == sorted(
        s.outgoing.message_id for c in conversations for s in c
    )
    for each in conversations:
        assert [step for step in said if step in each] == list(each)
    for wave in waves:
        of = [step.outgoing.message_id[:17] for step in wave]
        assert len(set(of)) == len(of) <= size


async def test_the_webhook_hears_each_conversation_in_its_order() -> None:
    conversations = [conversation(number, 3) for number in range(40)]
    ledger, told = Ledger(), []
    async with standing_in(StandIn()) as hub, HubClient(hub.url) as client:
        await talking.one_by_one(client, WHO, conversations, ledger, Pace(None), lambda: told.append(1))
    for each in conversations:
        ids = [step.outgoing.message_id for step in each]
        assert [m.id for m in hub.got if m.id in ids] == ids
    assert (ledger.sent, len(told), len(ledger.accepted)) == (120, 120, 120)


async def test_batches_bring_every_message_and_its_repeat_later() -> None:
    first = Step(Outgoing("conversation-of-one", b"{}"), TOLD)
    pair = (first, Step(first.outgoing, REPEAT))
    ledger = Ledger()
    async with standing_in(StandIn()) as hub, HubClient(hub.url) as client:
        await talking.in_batches(client, WHO, [pair], ledger, Pace(None), lambda: None)
    assert hub.requests == 2
    assert ledger.sent == 2
    assert len(ledger.accepted) == 1


async def test_side_by_side_does_each_item_once_and_no_more_at_a_time_than_told() -> None:
    at_once, most, done = 0, 0, []

    async def do(item: int) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        done.append(item)

    await side_by_side(range(50), do, workers=4)
    assert sorted(done) == list(range(50))
    assert most == 4


async def test_pace_asks_for_even_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", pause)
    pace = Pace(1.0)
    for _ in range(4):
        await pace.turn()
    assert [round(p) for p in pauses] == [1, 2, 3]
