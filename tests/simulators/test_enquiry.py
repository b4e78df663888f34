"""The stand-in enquiry service: what it knows is the town, and its bad days come at the rates that were given."""

import json
from collections import Counter
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from schemas.identifiers import parse_mpan
from simulators import premises
from simulators.enquiry import LATEST_LOOKS, EnquiryTown, Mood, Moods
from simulators.premises import Standing

SEED, HOMES = 5, 200
TOWN = [premises.premises_at(SEED, number) for number in range(HOMES)]


async def asked(town: EnquiryTown, path: str, times: int = 1, **query: str) -> list[Any]:
    """What it says each time; the bare text where that cannot be read."""
    async with TestClient(TestServer(town.application())) as client:
        texts = [await (await client.get(path, params=query)).text() for _ in range(times)]
    return [_read(text) for text in texts]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


async def test_every_home_is_found_by_its_address_and_then_by_its_uprn() -> None:
    home = next(p for p in TOWN if p.standing is Standing.KNOWN)
    town = EnquiryTown(SEED, HOMES, Moods())
    (found,) = await asked(town, "/v1/addresses", postcode=home.postcode)
    assert {"uprn": home.uprn, "address_line": home.address_line, "postcode": home.postcode} in found["addresses"]
    (points,) = await asked(town, "/v1/meter-points", uprn=home.uprn)
    assert home.import_mpan in {p["mpan"] for p in points["meter_points"]}


async def test_new_plots_and_export_meter_points_come_after_some_looks_and_stay() -> None:
    town = EnquiryTown(SEED, HOMES, Moods())
    for home in [p for p in TOWN if p.standing is Standing.UNKNOWN or p.export_mpan is None][:20]:
        answers = await asked(town, "/v1/meter-points", times=LATEST_LOOKS + 1, uprn=home.uprn)
        counts = [len(a["meter_points"]) for a in answers]
        assert counts == sorted(counts)
        assert counts[-1] == 2
        for point in answers[-1]["meter_points"]:
            assert parse_mpan(point["mpan"]).core == point["mpan"]


async def test_its_bad_days_come_at_the_rates_given_and_again_with_the_same_seed() -> None:
    runs = []
    for _ in range(2):
        town = EnquiryTown(SEED, HOMES, Moods(slow=0.2, wrong=0.2, away=0.2, slow_seconds=0))
        answers = await asked(town, "/v1/meter-points", times=400, uprn=TOWN[0].uprn)
        runs.append((town.asked, [repr(a) for a in answers]))
    assert runs[0] == runs[1]
    for mood in (Mood.SLOW, Mood.WRONG, Mood.AWAY):
        assert runs[0][0][mood] == pytest.approx(80, abs=30)


async def test_without_rates_it_is_always_right() -> None:
    town = EnquiryTown(SEED, HOMES, Moods())
    await asked(town, "/v1/meter-points", times=50, uprn="0")
    assert town.asked == Counter({Mood.RIGHT: 50})
