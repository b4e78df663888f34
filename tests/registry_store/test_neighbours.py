"""What stands beside an asset: units of its meter point added up, other works of its installer near by."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry_store import neighbours
from registry_store.engine import Engine, transaction
from registry_store.neighbours import FoundWork, Site, Sum, Work
from schemas.records import ConnectionUnitRow

HOUSE, FLAT, EXPORT = "1012345678903", "1234567890126", "2000000000015"
DAY = date(2026, 4, 20)
OWN = UUID(int=1)


def unit(number: int, **told: Any) -> ConnectionUnitRow:
    facts: dict[str, Any] = {
        "asset_id": UUID(int=number),
        "import_mpan": HOUSE,
        "export_mpan": None,
        "uprn": None,
        "postcode": "CB1 2AB",
        "postcode_area": "CB1 2",
        "category": "SOLAR_PV",
        "phases": 1,
        "generating_watts": 1000,
        "demand_watts": 0,
        "installer": "installer-1",
        "commissioned_on": DAY,
    }
    found = facts | told
    return ConnectionUnitRow(**found, largest_watts=max(found["generating_watts"], found["demand_watts"]))


async def kept(engine: Engine, *rows: ConnectionUnitRow) -> None:
    async with transaction(engine) as connection:
        await neighbours.put(connection, rows)


async def sums(engine: Engine, *sites: Site, besides: tuple[UUID, ...] = ()) -> list[Sum]:
    async with transaction(engine) as connection:
        return await neighbours.sums(connection, sites, besides)


async def works(engine: Engine, **told: Any) -> list[FoundWork]:
    facts: dict[str, Any] = {
        "asset_id": OWN,
        "installer": "installer-1",
        "commissioned_on": DAY,
        "days": 28,
        "postcode": "CB1 2AB",
        "postcode_area": "CB1 2",
        "import_mpan": HOUSE,
    }
    async with transaction(engine) as connection:
        return await neighbours.works(connection, [Work(**(facts | told))], ())


async def test_units_of_a_meter_point_are_added_up_by_category_and_phases(engine: Engine) -> None:
    await kept(
        engine,
        unit(1),
        unit(2),
        unit(3, generating_watts=500),
        unit(4, phases=3),
        unit(5, category="EV_CHARGER", phases=None, generating_watts=0, demand_watts=7400),
        unit(6, import_mpan=FLAT),
        unit(7, import_mpan=None),
    )
    assert await sums(engine, Site(OWN, HOUSE)) == [
        Sum(OWN, "EV_CHARGER", None, 0, 7400, 1),
        Sum(OWN, "SOLAR_PV", 1, 1500, 0, 2),
        Sum(OWN, "SOLAR_PV", 3, 1000, 0, 1),
    ]


async def test_a_unit_with_both_meter_points_counts_once(engine: Engine) -> None:
    await kept(engine, unit(2, export_mpan=EXPORT), unit(3, import_mpan=None, export_mpan=EXPORT))
    assert await sums(engine, Site(OWN, HOUSE, EXPORT)) == [Sum(OWN, "SOLAR_PV", 1, 2000, 0, 2)]


async def test_each_site_has_its_own_and_those_besides_are_left_out(engine: Engine) -> None:
    await kept(engine, unit(2), unit(3), unit(4, import_mpan=FLAT))
    found = await sums(engine, Site(OWN, HOUSE), Site(UUID(int=4), FLAT), besides=(UUID(int=2),))
    assert found == [Sum(OWN, "SOLAR_PV", 1, 1000, 0, 1)]


async def test_a_site_without_a_meter_point_has_no_neighbours(engine: Engine) -> None:
    await kept(engine, unit(2, import_mpan=None))
    assert await sums(engine, Site(OWN)) == []
    assert await sums(engine) == []


async def test_of_a_large_site_the_largest_units_are_added_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MOST_UNITS", 3)
    await kept(engine, *(unit(n, generating_watts=n) for n in range(2, 12)))
    assert await sums(engine, Site(OWN, HOUSE)) == [Sum(OWN, "SOLAR_PV", 1, 11 + 10 + 9, 0, 3)]


async def test_a_unit_that_is_put_again_takes_the_place_of_the_old_one(engine: Engine) -> None:
    await kept(engine, unit(2))
    await kept(engine, unit(2, generating_watts=700))
    assert await sums(engine, Site(OWN, HOUSE)) == [Sum(OWN, "SOLAR_PV", 1, 700, 0, 1)]


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"import_mpan": FLAT}, True),
        ({"import_mpan": FLAT, "postcode": "CB1 2XY"}, True),
        ({"import_mpan": FLAT, "postcode": "CB1 3XY", "postcode_area": "CB1 3"}, False),
        ({"import_mpan": FLAT, "commissioned_on": DAY + timedelta(days=28)}, True),
        ({"import_mpan": FLAT, "commissioned_on": DAY - timedelta(days=29)}, False),
        ({"import_mpan": FLAT, "installer": "installer-2"}, False),
        ({"import_mpan": FLAT, "generating_watts": 0}, False),
        ({"import_mpan": HOUSE}, False),
        ({"import_mpan": None, "uprn": "2"}, True),
        ({"import_mpan": None, "uprn": "1"}, False),
        ({"import_mpan": None}, False),
        ({"import_mpan": HOUSE, "uprn": "2"}, False),
    ],
    ids=str,
)
async def test_works_at_other_premises_near_by_are_found(engine: Engine, other: dict[str, Any], found: bool) -> None:
    await kept(engine, unit(1, uprn="1"), unit(2, **other))
    assert bool(await works(engine, uprn="1")) is found


async def test_how_near_is_told_by_what_is_known(engine: Engine) -> None:
    await kept(engine, unit(2, import_mpan=FLAT, uprn="2"))
    assert await works(engine) == [FoundWork(OWN, DAY, "2", "CB1 2AB")]


async def test_an_estate_is_read_in_part(engine: Engine) -> None:
    await kept(engine, *(unit(n, import_mpan=None, uprn=str(n)) for n in range(2, 60)))
    assert len(await works(engine, uprn="1")) <= 2 * neighbours.MOST_WORKS


async def test_others_at_a_meter_point_are_named(engine: Engine) -> None:
    await kept(engine, unit(1), unit(2), unit(3, import_mpan=None, export_mpan=EXPORT), unit(4, import_mpan=FLAT))
    async with transaction(engine) as connection:
        assert await neighbours.peers(connection, [Site(OWN, HOUSE, EXPORT)], [OWN]) == [UUID(int=2), UUID(int=3)]
        assert await neighbours.peers(connection, [Site(OWN, HOUSE, EXPORT)], [OWN], 1) == [UUID(int=2)]
