"""What stands beside an asset: units of its meter point, other works of its installer near by."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry_store import neighbours
from registry_store.engine import Engine, transaction
from registry_store.neighbours import Work
from schemas.records.assets import ConnectionUnitRow

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


async def at(engine: Engine, imports: tuple[str, ...], exports: tuple[str, ...] = ()) -> list[int]:
    async with transaction(engine) as connection:
        return sorted(u.asset_id.int for u in await neighbours.at_meter_points(connection, imports, exports))


async def works(engine: Engine, **told: Any) -> list[ConnectionUnitRow]:
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
        return await neighbours.works(connection, [Work(**(facts | told))])


async def test_units_of_a_meter_point_are_found(engine: Engine) -> None:
    await kept(engine, unit(1), unit(2, phases=3), unit(6, import_mpan=FLAT), unit(7, import_mpan=None))
    assert await at(engine, (HOUSE,)) == [1, 2]
    assert await at(engine, (HOUSE, FLAT)) == [1, 2, 6]
    assert await at(engine, ()) == []


async def test_a_unit_with_both_meter_points_is_found_once(engine: Engine) -> None:
    await kept(engine, unit(2, export_mpan=EXPORT), unit(3, import_mpan=None, export_mpan=EXPORT))
    assert await at(engine, (HOUSE,), (EXPORT,)) == [2, 3]


async def test_of_a_large_site_the_largest_units_are_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MOST_UNITS", 3)
    await kept(engine, *(unit(n, generating_watts=n) for n in range(2, 12)))
    assert await at(engine, (HOUSE,)) == [9, 10, 11]


async def test_a_unit_that_is_put_again_takes_the_place_of_the_old_one(engine: Engine) -> None:
    await kept(engine, unit(2))
    again = unit(2, generating_watts=700, notices=("G98-CLUSTER",))
    await kept(engine, again)
    async with transaction(engine) as connection:
        assert await neighbours.of_assets(connection, [again.asset_id, OWN]) == [again]


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


async def test_an_estate_is_read_in_part_and_its_first_and_last_works_are_among_them(engine: Engine) -> None:
    days = {n: DAY + timedelta(days=abs(n - 30) % 28) for n in range(2, 60)}
    await kept(engine, *(unit(n, import_mpan=None, uprn=str(n), commissioned_on=day) for n, day in days.items()))
    found = await works(engine, uprn="1")
    assert len(found) <= 2 * neighbours.MOST_WORKS
    assert {u.commissioned_on for u in found} >= {min(days.values()), max(days.values())}
