"""Rows of the chargepoint registry as notifications, case by case."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from hub.cli.importing import chargepoints
from hub.cli.importing.results import OUTSIDE_GB, OUTSIDE_UK, Part, Refused, Repeated, Result
from hub.cli.importing.table import Row
from schemas.vocabulary import AssetCategory, ConnectionStatus, DemandTechType

DEVICE = {
    "chargedeviceid": "cb306aab7cdb746c2996f02a7b7d1ce4",
    "reference": "SRC_LDN60199",
    "name": "Asda Colindale",
    "buildingname": "Asda Colindale Superstore",
    "buildingnumber": "",
    "thoroughfare": "Capitol Way",
    "street": "",
    "town": "The Hyde",
    "county": "Greater London",
    "postcode": "NW9 0AS",
    "countrycode": "gb",
    "devicemanufacturer": "APT",
    "devicemodel": "EBG",
    "chargedevicestatus": "In service",
    "datecreated": "2014-08-19 05:15:10",
    "connector1ratedoutputkw": "7.0",
    "connector1chargemethod": "Single Phase AC",
    "connector2ratedoutputkw": "3.7",
    "connector2chargemethod": "Single Phase AC",
}


def mapped(*rows: dict[str, str]) -> list[Result]:
    return chargepoints.map_rows([Row(n, DEVICE | cells) for n, cells in enumerate(rows, start=1)])


def part(**cells: str) -> Part:
    (result,) = mapped(cells)
    assert isinstance(result, Part), result
    return result


def refusal(**cells: str) -> str:
    (result,) = mapped(cells)
    assert isinstance(result, Refused), result
    return result.reason


def test_a_device_is_one_asset_whatever_connectors_it_has() -> None:
    told = part().notification
    assert told.sender == "chargepoint-registry"
    assert told.sender_asset_ref == DEVICE["chargedeviceid"]
    assert [(e.scheme, e.value) for e in told.external_ids] == [("NCR_DEVICE", DEVICE["chargedeviceid"])]
    assert (told.asset_category, told.demand_tech_type) == (AssetCategory.EV_CHARGER, DemandTechType.EV)
    assert (told.manufacturer, told.model) == ("APT", "EBG")
    assert told.occurred_at == datetime(2014, 8, 19, tzinfo=UTC)
    assert told.commissioning_date == told.effective_from == date(2014, 8, 19)
    assert told.location.address_line == "Asda Colindale, Asda Colindale Superstore, Capitol Way, The Hyde"
    assert told.location.postcode == "NW9 0AS"


def test_a_device_is_rated_at_its_strongest_connector_and_installed_with_all() -> None:
    told = part().notification
    assert (told.rated_capacity_kw, told.demand_capacity_kw) == (Decimal("7.00"), Decimal("7.00"))
    assert told.installed_capacity_kw == Decimal("10.70")


@pytest.mark.parametrize(
    ("methods", "phases"),
    [
        (("Single Phase AC", "Single Phase AC"), 1),
        (("Single Phase AC", "Three Phase AC"), 3),
        (("DC", "Three Phase AC"), 3),
        (("DC", "Single Phase AC"), None),
        (("DC", "DC"), None),
        (("", ""), None),
    ],
)
def test_phases_are_said_only_where_the_registry_says_them(methods: tuple[str, str], phases: int | None) -> None:
    told = part(connector1chargemethod=methods[0], connector2chargemethod=methods[1]).notification
    assert told.phases == phases


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("In service", ConnectionStatus.CONNECTED),
        ("Out of service", ConnectionStatus.DE_ENERGISED),
        ("planned", ConnectionStatus.PENDING),
    ],
)
def test_statuses(word: str, status: ConnectionStatus) -> None:
    assert part(chargedevicestatus=word).notification.connection_status is status


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"postcode": "BT12 6HQ"}, OUTSIDE_GB),
        ({"postcode": "", "county": "County Antrim"}, OUTSIDE_GB),
        ({"postcode": "IM1 1AA"}, OUTSIDE_UK),
        ({"countrycode": "fr"}, "outside"),
        ({"chargedevicestatus": "Stolen"}, "chargeDeviceStatus"),
        ({"connector1ratedoutputkw": "0", "connector2ratedoutputkw": ""}, "0 kW"),
        ({"connector1ratedoutputkw": "fast"}, "not a plain number"),
        ({"datecreated": "0000-00-00 00:00:00"}, "dateCreated"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(cells: dict[str, str], said: str) -> None:
    assert said in refusal(**cells)


def test_a_county_does_not_outvote_a_postcode() -> None:
    assert part(county="County Antrim").notification.location.postcode == "NW9 0AS"


def test_a_device_without_postcode_is_known_by_its_name() -> None:
    nowhere = dict.fromkeys(("postcode", "buildingname", "thoroughfare", "town"), "")
    assert part(**nowhere).notification.location.address_line == "Asda Colindale"


def test_a_device_that_is_nowhere_is_refused() -> None:
    nowhere = dict.fromkeys(("name", "postcode", "buildingname", "thoroughfare", "town"), "")
    assert "at least one of" in refusal(**nowhere)


def test_a_device_whose_connectors_are_not_rated_has_no_capacity() -> None:
    found = part(connector1ratedoutputkw="", connector2ratedoutputkw="")
    assert found.notification.rated_capacity_kw is None
    assert found.notes


def test_other_is_no_maker() -> None:
    assert part(devicemanufacturer="Other").notification.manufacturer is None


def test_an_unknown_day_is_the_newest_of_the_file() -> None:
    planned = {
        "chargedeviceid": "a" * 32,
        "chargedevicestatus": "Planned",
        "datecreated": "0000-00-00 00:00:00",
    }
    first, _ = mapped(planned, {})
    assert isinstance(first, Part)
    assert first.notification.occurred_at == datetime(2014, 8, 19, tzinfo=UTC)
    assert first.notes


def test_a_row_that_is_there_twice_is_one_asset() -> None:
    assert mapped({}, {})[1] == Repeated(2, 1)


def test_devices_without_an_id_are_told_apart() -> None:
    found = mapped({"chargedeviceid": ""}, {"chargedeviceid": "", "name": "Asda Hendon"})
    names = [r.notification.sender_asset_ref for r in found if isinstance(r, Part)]
    assert len(set(names)) == 2
    assert all(not r.notification.external_ids for r in found if isinstance(r, Part))
