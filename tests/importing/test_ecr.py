"""Rows of the capacity register as notifications, case by case."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from hub.cli.importing import ecr
from hub.cli.importing.results import OUTSIDE_GB, OUTSIDE_UK, Part, Refused, Repeated, Result
from hub.cli.importing.table import Row
from schemas.vocabulary import AssetCategory as C
from schemas.vocabulary import ConnectionStatus, ConnectionType
from schemas.vocabulary import EnergySource as S

SOLAR = {
    "export_mpan": "1014569292506",
    "import_mpan": "",
    "site": "BENTWATERS BUS PK",
    "address_1": "RENDLESHAM",
    "address_2": "",
    "town": "Woodbridge",
    "postcode": "IP12 2TW",
    "country": "England",
    "gsp": "BRAMFORD GRID 132kV",
    "bsp": "-",
    "primary": "GRID",
    "licence_area": "Eastern Power Networks (EPN)",
    "source_1": "solar",
    "technology_1": "Photovoltaic",
    "chp_1": "",
    "capacity_mw_1": "6.0",
    "source_2": "",
    "technology_2": "",
    "capacity_mw_2": "",
    "flexible": "No",
    "status": "Connected",
    "connected_mw": "6.0",
    "accepted_mw": "",
    "date_connected": "2016-10-01",
    "date_accepted": "",
    "last_updated": "2021-06-14",
}


def row(number: int = 1, /, **cells: str) -> Row:
    return Row(number, SOLAR | cells)


def mapped(*rows: Row) -> list[Result]:
    return ecr.map_rows(rows or [row()])


def part(**cells: str) -> Part:
    (result,) = mapped(row(**cells))
    assert isinstance(result, Part), result
    return result


def refusal(**cells: str) -> str:
    (result,) = mapped(row(**cells))
    assert isinstance(result, Refused), result
    return result.reason


def test_a_site_becomes_an_asset_at_its_meter_point() -> None:
    told = part().notification
    assert told.sender == "capacity-register"
    assert told.asset_category is C.SOLAR_PV
    assert told.rated_capacity_kw == Decimal("6000.00")
    assert told.connection_status is ConnectionStatus.CONNECTED
    assert told.connection_type is ConnectionType.FIRM
    assert told.commissioning_date == told.effective_from == date(2016, 10, 1)
    assert told.occurred_at == datetime(2021, 6, 14, tzinfo=UTC)
    place = told.location
    assert place.export_mpan == "1014569292506"
    assert place.address_line == "BENTWATERS BUS PK, RENDLESHAM, Woodbridge"
    assert (place.postcode, place.dno_code) == ("IP12 2TW", "UKPN_EPN")
    assert place.grid_supply_point == "BRAMFORD GRID 132kV"
    assert place.bulk_supply_point is None
    assert place.primary_substation is None


def test_what_is_accepted_to_connect_is_pending_with_the_accepted_capacity() -> None:
    told = part(
        status="Accepted to Connect",
        capacity_mw_1="99.8",
        accepted_mw="94.81",
        connected_mw="",
        date_connected="",
        date_accepted="2021-06-18",
        flexible="Yes",
    ).notification
    assert told.connection_status is ConnectionStatus.PENDING
    assert told.connection_type is ConnectionType.NON_FIRM
    assert told.rated_capacity_kw == Decimal("94810.00")
    assert told.commissioning_date is None
    assert told.effective_from == date(2021, 6, 18)


def test_a_date_of_connection_does_not_connect_what_is_only_accepted() -> None:
    found = part(status="Accepted to Connect", accepted_mw="4.0")
    assert found.notification.commissioning_date is None
    assert any("yet with a Date Connected" in note for note in found.notes)


@pytest.mark.parametrize("text", ["Data not available", "", "-", "NULL", "not applicable"])
def test_words_for_no_mpan_are_no_mpan(text: str) -> None:
    assert part(export_mpan=text).notification.location.export_mpan is None


@pytest.mark.parametrize("text", ["1.05E+12", "10300004967319", "1200010257778"])
def test_a_wrong_mpan_is_passed_on_as_it_was_written(text: str) -> None:
    """The register judges it, tells why, and keeps the asset by its address."""
    assert part(export_mpan=text).notification.location.export_mpan == text


BATTERY = {
    "source_2": "Stored Energy (all stored energy irrespective of the original energy source)",
    "technology_2": "Storage - Electrochemical  (Batteries)",
}


def test_a_site_with_two_technologies_is_two_assets_at_one_meter_point() -> None:
    solar, battery = (r for r in mapped(row(**BATTERY)) if isinstance(r, Part))
    assert [p.notification.asset_category for p in (solar, battery)] == [C.SOLAR_PV, C.BESS]
    assert {p.notification.location.export_mpan for p in (solar, battery)} == {"1014569292506"}
    assert solar.notification.sender_asset_ref != battery.notification.sender_asset_ref
    assert {p.row for p in (solar, battery)} == {1}


def test_the_total_of_a_site_is_not_given_to_a_technology_that_does_not_state_its_own() -> None:
    solar, battery = (r for r in mapped(row(**BATTERY)) if isinstance(r, Part))
    assert solar.notification.rated_capacity_kw == Decimal("6000.00")
    assert battery.notification.rated_capacity_kw is None
    assert any("not stated" in note for note in battery.notes)
    several = mapped(row(**BATTERY, capacity_mw_1=""))
    assert [r.notification.rated_capacity_kw for r in several if isinstance(r, Part)] == [None, None]


def test_three_technologies_with_their_own_capacities_are_three_assets() -> None:
    third = {"source_3": "Wind", "technology_3": "Onshore wind turbines", "capacity_mw_3": "0.5"}
    found = mapped(row(**BATTERY, capacity_mw_2="2", **third))
    assert [r.notification.rated_capacity_kw for r in found if isinstance(r, Part)] == [6000, 2000, 500]


def test_storage_energy_is_in_kilowatt_hours() -> None:
    told = part(source_1="Battery storage", technology_1="Battery", storage_mwh_1="1.5").notification
    assert told.storage_energy_kwh == Decimal("1500.00")


@pytest.mark.parametrize(
    ("cells", "kw"),
    [
        ({"capacity_mw_1": ""}, "6000.00"),
        ({"connected_mw": ""}, "6000.00"),
        ({"capacity_mw_1": "0", "connected_mw": "2.907"}, "2907.00"),
        ({"capacity_mw_1": "0.0123456", "connected_mw": ""}, "12.35"),
        ({"capacity_mw_1": "", "connected_mw": ""}, None),
    ],
)
def test_capacity_of_the_only_technology(cells: dict[str, str], kw: str | None) -> None:
    assert part(**cells).notification.rated_capacity_kw == (Decimal(kw) if kw else None)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"capacity_mw_1": "0.0", "connected_mw": "0"}, "0 MW"),
        ({"capacity_mw_1": "0.000001", "connected_mw": ""}, "0 MW"),
        ({"connected_mw": "6,000"}, "not a plain number"),
        ({"postcode": "BT7 1NN"}, OUTSIDE_GB),
        ({"country": "Northern Ireland"}, OUTSIDE_GB),
        ({"postcode": "JE2 3AB"}, OUTSIDE_UK),
        ({"status": "Dreaming"}, "neither Connected nor Accepted"),
        ({"status": ""}, "neither Connected nor Accepted"),
        ({"source_1": "", "technology_1": ""}, "No Energy Source"),
        ({"last_updated": "201-06-14"}, "Last Updated"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(cells: dict[str, str], said: str) -> None:
    assert said in refusal(**cells)


def test_a_site_that_is_nowhere_is_refused() -> None:
    nowhere = dict.fromkeys(("export_mpan", "site", "address_1", "town", "postcode"), "")
    assert "at least one of" in refusal(**nowhere)


def test_a_connected_site_without_its_date_is_refused_or_asked_about_but_never_dated() -> None:
    (result,) = mapped(row(date_connected="0000-00-00"))
    if isinstance(result, Part):
        assert result.notification.commissioning_date is None
    else:
        assert "commissioning_date" in getattr(result, "reason", "")


@pytest.mark.parametrize(
    ("source", "technology", "category", "code"),
    [
        ("SOLAR", "photovoltaic", C.SOLAR_PV, S.SOLAR),
        ("Photovoltaic", "Photovoltaic", C.SOLAR_PV, S.SOLAR),
        ("Wind offshore", "Offshore wind turbines", C.WIND_TURBINE, S.WIND),
        ("Wind onshore", "Other", C.WIND_TURBINE, S.WIND),
        ("Storage battery", "Battery", C.BESS, S.GRID),
        ("Energy Storage", "Battery", C.BESS, S.GRID),
        ("Storage", "", C.OTHER, S.GRID),
        ("Stored Energy", "Storage - Electrical", C.OTHER, S.GRID),
        ("Fosil gas", "Engine (combustion / reciprocating)", C.ENGINE_GEN, S.NATURAL_GAS),
        ("Fossil - Gas", "Steam-gas turbine (CCGT)", C.OTHER, S.NATURAL_GAS),
        ("Fossil oil", "Engine (combustion / reciprocating)", C.ENGINE_GEN, S.DIESEL),
        ("Landfill Gas, Sewage", "Engine (combustion / reciprocating)", C.ENGINE_GEN, S.BIOGAS),
        ("biomass", "Other", C.OTHER, S.BIOMASS),
        ("waste", "Steam-gas turbine (CCGT)", C.OTHER, S.OTHER),
        ("Water", "Hydro - Run of river", C.HYDRO_TURBINE, S.HYDRO),
    ],
)  # fmt: skip
def test_words_become_codes(source: str, technology: str, category: C, code: S) -> None:
    found = part(source_1=source, technology_1=technology)
    told = found.notification
    assert (told.asset_category, told.energy_source, found.notes) == (category, code, ())
    if C.OTHER in (category, code) or code is S.OTHER:
        assert source in (told.other_description or "")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            {"source_1": "Battery storage", "technology_1": "Engine (combustion / reciprocating)"},
            "contradict",
        ),
        ({"source_1": "Moonlight"}, "energy source is no word"),
        ({"technology_1": "Perpetual motion"}, "conversion technology is no word"),
    ],
)
def test_words_that_do_not_fit_are_kept_and_noted(cells: dict[str, str], said: str) -> None:
    found = part(**cells)
    assert any(said in note for note in found.notes)
    for word in cells.values():
        assert word in (found.notification.other_description or "")


def test_cogeneration_is_chp() -> None:
    told = part(source_1="Fossil Gas", technology_1="Gas turbine (OCGT)", chp_1="Yes").notification
    assert told.asset_category is C.CHP


@pytest.mark.parametrize("written", ["", "NULL"])
def test_an_unknown_update_is_as_of_the_newest_date_of_the_file(written: str) -> None:
    newer = row(2, site="OTHER SITE", last_updated="2022-02-14")
    first, _ = mapped(row(1, last_updated=written), newer)
    assert isinstance(first, Part)
    assert first.notification.occurred_at == datetime(2022, 2, 14, tzinfo=UTC)
    assert first.notes


def test_a_row_that_is_there_twice_is_one_asset() -> None:
    assert mapped(row(1), row(2))[1] == Repeated(2, 1)


def refs(rows: Sequence[Row]) -> dict[int, str]:
    return {r.row: r.notification.sender_asset_ref for r in mapped(*rows) if isinstance(r, Part)}


def test_a_later_snapshot_of_a_site_speaks_of_the_same_asset() -> None:
    then = row(
        1,
        export_mpan="Data not available",
        status="Accepted to Connect",
        date_connected="",
        accepted_mw="5.0",
    )
    assert refs([then]) == refs([row(1, source_1="Solar", connected_mw="6.5", last_updated="2022-03-01")])


DIFFERENCES: list[dict[str, Any]] = [
    {"export_mpan": "1023477820860"},
    {"capacity_mw_1": "8.6"},
    {"primary": "DEPTFORD GRID 11kV"},
    {"eastings": "550048"},
    {"town": "Ely"},
]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=str)
def test_rows_of_one_site_that_differ_are_different_assets(difference: dict[str, str]) -> None:
    one, other = row(1, eastings="550109"), row(2, **{"eastings": "550109", **difference})
    both = refs([one, other])
    assert both[1] != both[2]
    swapped = refs([Row(1, other.cells), Row(2, one.cells)])
    assert (swapped[2], swapped[1]) == (both[1], both[2])
