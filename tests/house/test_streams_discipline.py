"""The stream processors are written in the one way that was seen to lose nothing."""

import ast

import pytest

from tests.house.sources import ROOT, python_modules
from tests.house.streams_lint import imports_faust, offences

BANNED_SNIPPETS = {
    "take": "async def agent(stream):\n    async for batch in stream.take(4, within=1): ...",
    "take, handed over": "batches = stream.take",
    "take, by name": "batches = getattr(stream, 'take')(4, within=1)",
    "events": "async def agent(stream):\n    async for event in stream.events(): ...",
    "noack": "async def agent(stream):\n    async for event in stream.noack(): ...",
    "bare loop": "async def agent(stream):\n    async for value in stream: ...",
    "loop over another call": "async def agent(stream):\n    async for key, value in stream.items(): ...",
    "comprehension": "async def agent(stream):\n    return [value async for value in stream]",
    "concurrency": "@app.agent(topic, concurrency=2)\nasync def agent(stream): ...",
    "concurrency from a setting": "@app.agent(topic, concurrency=settings.workers)\nasync def agent(s): ...",
    "table": "seen = app.Table('seen', default=int)",
    "global table": "seen = app.GlobalTable('seen')",
    "set table": "seen = app.SetTable('seen')",
    "imported table": "from faust.tables import Table",
    "group_by": "by_area = stream.group_by(key)",
    "send_soon": "topic.send_soon(value=value)",
}
ALLOWED_SNIPPETS = {
    "batches acknowledged by us": (
        "@app.agent(topic, concurrency=1)\n"
        "async def agent(stream):\n"
        "    async for events in stream.noack_take(100, within=0.1): ..."
    ),
    "no concurrency named": "@app.agent(topic, name='registration')\nasync def agent(stream): ...",
    "an ordinary loop": "for event in events: ...",
}


@pytest.mark.parametrize("snippet", BANNED_SNIPPETS.values(), ids=BANNED_SNIPPETS.keys())
def test_every_way_to_lose_a_message_is_caught(snippet: str) -> None:
    assert list(offences(ast.parse(snippet)))


@pytest.mark.parametrize("snippet", ALLOWED_SNIPPETS.values(), ids=ALLOWED_SNIPPETS.keys())
def test_the_safe_way_is_let_through(snippet: str) -> None:
    assert not list(offences(ast.parse(snippet)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import faust", True),
        ("import faust.types as t", True),
        ("def late():\n    from faust import App", True),
        ("from faustian import bargain", False),
        ("import asyncio", False),
    ],
)
def test_a_module_that_imports_faust_is_known_by_it(source: str, expected: bool) -> None:
    assert imports_faust(ast.parse(source)) is expected


def test_no_stream_is_consumed_in_a_way_that_loses_messages() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {reason}"
        for path, module in python_modules()
        if path.is_relative_to(ROOT / "streams") or imports_faust(module)
        for line, reason in offences(module)
    ]
    assert found == []
