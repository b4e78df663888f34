"""The enquiry service over HTTP, with a service that is slow, wrong and away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from connectors.directories.enquiry_service import EnquiryFailed, EnquiryService, EnquiryWrong, Patience
from tests.support.premises import an_mpan

QUICK = Patience(attempts=3, first_wait=0.001, longest_wait=0.002, failures=100, pause=60.0)
MPAN = an_mpan("10", 1)
POINT = {"mpan": MPAN, "direction": "import", "uprn": "7", "said_besides": "x"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def asking(
    handler: Handler, patience: Patience = QUICK, seconds: float = 5.0, in_flight: int = 8
) -> AsyncIterator[EnquiryService]:
    app = web.Application()
    app.router.add_get("/v1/{what}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with EnquiryService.connected(url, "secret", seconds, in_flight, patience) as service:
            yield service
    finally:
        await runner.cleanup()


class Scripted:
    """Answers by a list, the last one for ever; keeps what it was asked."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        status, content = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(content, str):
            return web.Response(status=status, text=content)
        return web.json_response(content, status=status)


async def test_both_steps_are_asked_with_the_token() -> None:
    script = Scripted((200, {"addresses": [{"uprn": "7", "postcode": "NR1 3PA"}]}), (200, {"meter_points": [POINT]}))
    async with asking(script.answer) as service:
        (address,) = await service.addresses("NR1 3PA", "1 High Street")
        (point,) = await service.meter_points(uprn=address.uprn)
    assert (point.mpan, point.uprn) == (MPAN, "7")
    assert [(r.path, dict(r.query)) for r in script.asked] == [
        ("/v1/addresses", {"postcode": "NR1 3PA", "address_line": "1 High Street"}),
        ("/v1/meter-points", {"uprn": "7"}),
    ]
    assert {r.headers["Authorization"] for r in script.asked} == {"Bearer secret"}


async def test_not_found_is_none() -> None:
    async with asking(Scripted((404, "no")).answer) as service:
        assert await service.meter_points(mpan=MPAN) == ()


@pytest.mark.parametrize(
    "trouble", [(503, "away"), (500, "x"), (429, "later"), (200, "{half"), (200, {"meter_points": 7})]
)
async def test_passing_trouble_is_asked_again(trouble: tuple[int, Any]) -> None:
    script = Scripted(trouble, trouble, (200, {"meter_points": [POINT]}))
    async with asking(script.answer) as service:
        assert len(await service.meter_points(uprn="7")) == 1
    assert len(script.asked) == 3


async def test_it_gives_up_after_so_many_tries_and_says_nothing_of_the_place() -> None:
    script = Scripted((503, "away"))
    async with asking(script.answer) as service:
        with pytest.raises(EnquiryFailed, match="answered 503") as failed:
            await service.meter_points(mpan=MPAN)
    assert len(script.asked) == QUICK.attempts
    assert MPAN not in str(failed.value)


async def test_a_wrong_token_is_not_tried_again_and_the_setting_is_named() -> None:
    script = Scripted((401, "who are you"))
    async with asking(script.answer) as service:
        with pytest.raises(EnquiryFailed, match="HUB_ENQUIRY_TOKEN"):
            await service.meter_points(mpan=MPAN)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ({"mpan": "1012345678904"}, "no MPAN"),
        ({"mpan": "1.01235E+12"}, "no MPAN"),
        ({"direction": "both"}, "direction"),
        ({"uprn": "8"}, "another UPRN"),
        ({"uprn": None}, "another UPRN"),
    ],
)
async def test_what_cannot_be_right_is_no_answer(point: dict[str, Any], why: str) -> None:
    async with asking(Scripted((200, {"meter_points": [{**POINT, **point}]})).answer) as service:
        with pytest.raises(EnquiryWrong, match=why):
            await service.meter_points(uprn="7")


async def test_another_meter_point_than_was_asked_for_is_no_answer() -> None:
    async with asking(Scripted((200, {"meter_points": [POINT]})).answer) as service:
        with pytest.raises(EnquiryWrong, match="another meter point"):
            await service.meter_points(mpan=an_mpan("10", 2))


async def test_an_endless_answer_is_cut_off() -> None:
    async with asking(Scripted((200, "x" * 700_000)).answer) as service:
        with pytest.raises(EnquiryWrong, match="longer than any"):
            await service.meter_points(mpan=MPAN)


async def test_slowness_is_cut_off() -> None:
    over = asyncio.Event()

    async def sleepy(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    async with asking(sleepy, Patience(attempts=1), seconds=0.05) as service:
        with pytest.raises(EnquiryFailed, match="in time"):
            await service.meter_points(mpan=MPAN)
        over.set()


async def test_nobody_there_is_said_so() -> None:
    async with EnquiryService.connected("http://127.0.0.1:1", None, 1, 1, Patience(attempts=1)) as service:
        with pytest.raises(EnquiryFailed, match="cannot be reached"):
            await service.meter_points(mpan=MPAN)


async def test_after_several_failures_it_is_left_alone_for_a_while() -> None:
    script = Scripted((503, "away"))
    async with asking(script.answer, Patience(attempts=1, failures=3, pause=60.0)) as service:
        for _ in range(3):
            with pytest.raises(EnquiryFailed):
                await service.meter_points(mpan=MPAN)
        for _ in range(4):
            with pytest.raises(EnquiryFailed, match="left alone"):
                await service.meter_points(mpan=MPAN)
    assert len(script.asked) == 3


async def test_after_the_pause_it_is_asked_again() -> None:
    script = Scripted((503, "away"), (200, {"meter_points": [POINT]}))
    async with asking(script.answer, Patience(attempts=1, failures=1, pause=0.0)) as service:
        with pytest.raises(EnquiryFailed):
            await service.meter_points(uprn="7")
        assert len(await service.meter_points(uprn="7")) == 1


async def test_only_so_many_questions_are_under_way_at_once() -> None:
    now, most, full = 0, 0, asyncio.Event()

    async def counting(_: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 2:
            full.set()
        await full.wait()
        now -= 1
        return web.json_response({})

    async with asking(counting, in_flight=2) as service:
        await asyncio.gather(*(service.meter_points(mpan=MPAN) for _ in range(10)))
    assert most == 2
