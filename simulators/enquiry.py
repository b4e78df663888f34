"""An enquiry service for the made-up town: address to UPRN, UPRN or MPAN to meter points. It has its bad days.

What it does to a question depends on the seed and on how many it was asked before, so that a run can be had again.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from aiohttp import web

from simulators import premises
from simulators.premises import Premises, Standing

LATEST_LOOKS = 3
"""New plots and export meter points are there at the latest when they are asked for this many times."""


class Mood(StrEnum):
    RIGHT = "right"
    SLOW = "slow"
    WRONG = "wrong"
    AWAY = "away"


@dataclass(frozen=True)
class Moods:
    """Shares of questions; the rest is answered rightly and at once."""

    slow: float = 0.0
    wrong: float = 0.0
    away: float = 0.0
    slow_seconds: float = 2.0


class EnquiryTown:
    """What the service knows, and how it behaves."""

    def __init__(self, seed: int, homes: int, moods: Moods) -> None:
        self._seed = seed
        self._moods = moods
        self._dice = Random(f"enquiry {seed}")
        self._by_uprn: dict[str, Premises] = {}
        self._by_mpan: dict[str, Premises] = {}
        self._by_postcode: dict[str, list[Premises]] = defaultdict(list)
        for place in (premises.premises_at(seed, number) for number in range(homes)):
            self._by_uprn[place.uprn] = place
            self._by_postcode[place.postcode].append(place)
            for mpan in (place.import_mpan, premises.later_export_mpan(seed, place.number)):
                self._by_mpan[mpan] = place
        self._looks: Counter[str] = Counter()
        self.asked: Counter[Mood] = Counter()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/addresses", self._in_a_mood(self.addresses))
        app.router.add_get("/v1/meter-points", self._in_a_mood(self.meter_points))
        return app

    def addresses(self, asked: web.Request) -> dict[str, Any]:
        """Every address of the postcode, as such services do; which one is meant is for the caller."""
        found = self._by_postcode.get(asked.query.get("postcode", ""), ())
        return {"addresses": [{"uprn": p.uprn, "address_line": p.address_line, "postcode": p.postcode} for p in found]}

    def meter_points(self, asked: web.Request) -> dict[str, Any]:
        uprn, mpan = asked.query.get("uprn", ""), asked.query.get("mpan", "")
        place = self._by_uprn.get(uprn) or self._by_mpan.get(mpan)
        if place is None:
            return {"meter_points": []}
        self._looks[place.uprn] += 1
        found = self._points(place)
        return {"meter_points": [point for point in found if not mpan or point["mpan"] == mpan]}

    def _points(self, place: Premises) -> list[dict[str, Any]]:
        dice, looks = Random(f"enquiry {self._seed} {place.number}"), self._looks[place.uprn]
        there_after = dice.randint(1, LATEST_LOOKS) if place.standing is Standing.UNKNOWN else 0
        raised_after = 0 if place.export_mpan else dice.randint(1, LATEST_LOOKS)
        if looks < there_after:
            return []
        found = [_point(place, place.import_mpan, "import")]
        if looks >= raised_after:
            found.append(_point(place, premises.later_export_mpan(self._seed, place.number), "export"))
        return found

    def _in_a_mood(self, answer: Callable[[web.Request], dict[str, Any]]) -> Any:
        async def handle(asked: web.Request) -> web.StreamResponse:
            mood = self._mood()
            self.asked[mood] += 1
            match mood:
                case Mood.AWAY:
                    return web.Response(status=503)
                case Mood.SLOW:
                    await asyncio.sleep(self._moods.slow_seconds)
                case Mood.WRONG:
                    return self._mistaken()
                case Mood.RIGHT:
                    pass
            return web.json_response(answer(asked))

        return handle

    def _mood(self) -> Mood:
        roll = self._dice.random()
        for mood, share in (
            (Mood.AWAY, self._moods.away),
            (Mood.WRONG, self._moods.wrong),
            (Mood.SLOW, self._moods.slow),
        ):
            if roll < share:
                return mood
            roll -= share
        return Mood.RIGHT

    def _mistaken(self) -> web.Response:
        """Half an answer, a number that is no MPAN, or somebody else's meter point."""
        other = self._dice.choice(list(self._by_uprn.values()))
        stranger = _point(other, other.import_mpan, "import")
        match self._dice.randrange(3):
            case 0:
                return web.Response(text='{"meter_points": [{"mpan": ', content_type="application/json")
            case 1:
                return web.json_response({"meter_points": [{**stranger, "mpan": "1012345678904"}], "addresses": 7})
            case _:
                return web.json_response({"meter_points": [stranger], "addresses": [{"uprn": None}]})


def _point(place: Premises, mpan: str, direction: str) -> dict[str, Any]:
    street = place.street
    return {
        "mpan": mpan,
        "direction": direction,
        "uprn": place.uprn,
        "address_line": place.address_line,
        "postcode": place.postcode,
        "meter_serial": place.meter_serial if direction == "import" else None,
        "distributor_id": street.distributor_id,
        "gsp_group": street.gsp_group,
        "host_distributor_id": street.host_distributor_id,
        "live_from": premises.LIVE_FROM.isoformat(),
    }


async def serve(town: EnquiryTown, port: int, ready: Callable[[str], None], over: asyncio.Event) -> None:
    """Answers until told that it is over; `ready` hears the address."""
    runner = web.AppRunner(town.application(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        ready(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await over.wait()
    finally:
        await runner.cleanup()
