"""What happens in the field, and which devices the register makes of it."""

from datetime import timedelta
from typing import Any

import pytest

from hub.rules.matching.clustering import Rulings
from hub.rules.matching.neighbourhood import Sightings
from hub.rules.matching.sighting import Sighting
from tests.support.sightings import (
    ANOTHER_SERIAL,
    BATTERY,
    DAY,
    ELSEWHERE,
    HOME,
    MPAN,
    NEXT_DOOR,
    NEXT_DOORS_MPAN,
    NEXT_OFF_THE_LINE,
    SERIAL,
    devices_of,
    kinds_of_relation,
    named,
    told,
    with_crowd,
)

ONE_MAKER = {"category": "BESS", "manufacturer": "GivEnergy", "serial_number": SERIAL}
BY_ITSELF: tuple[list[str], ...] = (["cloud 1"], ["installer 1"])
TOGETHER = (["cloud 1", "installer 1"],)
GATEWAY = {"gateways": frozenset({"001A2B3C4D5E"})}


def place(*names: str, of: dict[str, Any] = HOME) -> dict[str, Any]:
    return {name: of[name] for name in names}


@pytest.mark.parametrize(
    ("installer", "cloud"),
    [
        pytest.param(HOME | {"serial_number": SERIAL}, {"serial_number": SERIAL}, id="serial number alone"),
        pytest.param(
            HOME | {"serial_number": SERIAL},
            {"serial_number": "S/N ce-2047 g731"},
            id="the label's words with it",
        ),
        pytest.param(HOME | {"serial_number": SERIAL}, place("import_mpan"), id="meter point alone"),
        pytest.param(HOME | {"serial_number": SERIAL}, place("uprn"), id="UPRN alone"),
        pytest.param(HOME | {"serial_number": SERIAL}, place("address_line", "postcode"), id="address alone"),
        pytest.param(
            HOME | {"serial_number": SERIAL},
            {"address_line": "1 MILL LN", "postcode": "ls14ap"},
            id="address in other words",
        ),
        pytest.param(HOME | {"serial_number": SERIAL}, place("postcode"), id="postcode, with nobody else about"),
        pytest.param(
            {"gateways": frozenset({"001A2B3C4D5E"})}, {"gateways": frozenset({"001A2B3C4D5E"})}, id="gateway"
        ),
        pytest.param(
            {"devices": frozenset({("OCPP", "", "CP7")})}, {"devices": frozenset({("OCPP", "", "CP7")})}, id="its name"
        ),
        pytest.param(
            HOME | {"serial_number": SERIAL, "manufacturer": None}, {"serial_number": SERIAL}, id="no maker on one side"
        ),
        pytest.param(
            HOME | {"serial_number": SERIAL},
            HOME | {"serial_number": "CE2O47G731"},
            id="serial number misread from the label",
        ),
        pytest.param(
            HOME | {"serial_number": SERIAL}, HOME | {"serial_number": "CE2047G931"}, id="serial number with a slip"
        ),
    ],
)
def test_who_tells_of_a_battery_by_another_key_tells_of_the_same(
    installer: dict[str, Any], cloud: dict[str, Any]
) -> None:
    _, devices = devices_of(told("installer", BATTERY, installer), told("cloud", BATTERY, cloud))
    assert devices == [*TOGETHER]


def test_every_source_with_a_key_of_its_own_tells_of_one_battery() -> None:
    found, devices = devices_of(
        told("installer", BATTERY, place("uprn", "import_mpan"), serial_number=SERIAL),
        told("cloud", ONE_MAKER),
        told("scheme", BATTERY, place("address_line", "postcode", "uprn")),
        told("operator", BATTERY, place("import_mpan")),
        told("platform", BATTERY, place("address_line", "postcode"), manufacturer=None),
    )
    assert devices == [["cloud 1", "installer 1", "operator 1", "platform 1", "scheme 1"]]
    assert len(found.links) == 4 and not found.doubts


@pytest.mark.parametrize(
    ("installer", "cloud"),
    [
        pytest.param(HOME | {"serial_number": SERIAL}, ELSEWHERE | {"serial_number": SERIAL}, id="one number in two"),
        pytest.param(HOME, NEXT_DOOR, id="the same told of next door"),
        pytest.param(HOME, HOME | {"category": "HEAT_PUMP"}, id="of another kind"),
        pytest.param(
            HOME | {"serial_number": SERIAL}, HOME | {"serial_number": ANOTHER_SERIAL}, id="two numbers at one home"
        ),
        pytest.param(
            HOME | {"serial_number": SERIAL}, HOME | {"serial_number": NEXT_OFF_THE_LINE}, id="numbers off one line"
        ),
        pytest.param(HOME | {"serial_number": "N/A"}, ELSEWHERE | {"serial_number": "N/A"}, id="N/A for a number"),
        pytest.param(
            HOME | {"serial_number": "00000000"}, ELSEWHERE | {"serial_number": "00000000"}, id="a number of noughts"
        ),
        pytest.param(
            HOME | {"serial_number": "TEST123456"}, ELSEWHERE | {"serial_number": "TEST123456"}, id="a made-up number"
        ),
        pytest.param({}, {}, id="neither number nor place"),
    ],
)
def test_what_may_be_two_is_left_apart(installer: dict[str, Any], cloud: dict[str, Any]) -> None:
    _, devices = devices_of(told("installer", BATTERY, installer), told("cloud", BATTERY, cloud))
    assert devices == [*BY_ITSELF]


def test_twins_without_serial_numbers_stay_apart_and_a_third_teller_is_not_guessed_to_one_of_them() -> None:
    found, devices = devices_of(
        told("installer", BATTERY, HOME, ref="left"),
        told("installer", BATTERY, HOME, ref="right"),
        told("cloud", BATTERY, HOME),
    )
    assert devices == [["cloud 1"], ["installer left"], ["installer right"]]
    assert found.doubts


def test_of_twins_with_serial_numbers_each_finds_its_own() -> None:
    _, devices = devices_of(
        *(
            told(source, BATTERY, HOME, ref=ref, serial_number=serial)
            for source in ("cloud", "installer")
            for ref, serial in (("left", SERIAL), ("right", NEXT_OFF_THE_LINE))
        )
    )
    assert devices == [["cloud left", "installer left"], ["cloud right", "installer right"]]


def test_two_lines_of_one_form_are_two_devices_whatever_they_say() -> None:
    _, devices = devices_of(
        *(told("installer", BATTERY, HOME, ref=ref, serial_number=SERIAL, form="job 7") for ref in ("left", "right"))
    )
    assert devices == [["installer left"], ["installer right"]]


def test_a_source_that_sends_the_very_same_under_two_references_tells_of_one_device() -> None:
    again = (told("installer", BATTERY, HOME, ref=ref, serial_number=SERIAL) for ref in ("left", "right"))
    assert devices_of(*again)[1] == [["installer left", "installer right"]]


def estate(source: str, *, serials: bool = True, places: bool = True) -> list[Sighting]:
    return [
        told(
            source,
            BATTERY,
            {"uprn": str(100000000100 + n), "address_line": f"{n} Mill Lane"} if places else {},
            ref=str(n),
            postcode="LS1 4AP",
            serial_number=f"CE2047G{700 + n}" if serials else None,
        )
        for n in range(1, 13)
    ]


@pytest.mark.parametrize(
    ("serials", "places"), [(True, True), (True, False), (False, True)], ids=["both", "by number", "by home"]
)
def test_consecutive_numbers_of_an_estate_stay_apart_and_each_home_finds_its_own(serials: bool, places: bool) -> None:
    told_of = [*estate("installer"), *estate("cloud", serials=serials, places=places)]
    assert devices_of(*told_of)[1] == sorted([f"cloud {n}", f"installer {n}"] for n in range(1, 13))


def test_on_an_estate_nobody_is_joined_by_the_postcode_alone() -> None:
    told_of = [*estate("installer"), *estate("cloud", serials=False, places=False)]
    assert all(len(device) == 1 for device in devices_of(*told_of)[1])


def test_a_vehicle_and_the_chargepoint_at_its_home_are_two_devices_and_one_load() -> None:
    found, devices = devices_of(
        told("installer", HOME, category="EV_CHARGER", manufacturer="Ohme", serial_number="OH88231745"),
        told("cloud", HOME, category="ELECTRIC_VEHICLE", manufacturer="Tesla", model="Model 3", capacity_kw=7.4),
    )
    assert devices == [*BY_ITSELF]
    assert kinds_of_relation(found) == ["same_load"]


def test_panels_and_battery_of_one_box_are_two_devices_and_related() -> None:
    box = {"manufacturer": "GivEnergy", "serial_number": SERIAL, "commissioned_on": DAY}
    found, devices = devices_of(
        told("installer", HOME, box, ref="panels", category="SOLAR_PV", capacity_kw=3.6),
        told("installer", HOME, box, ref="battery", category="BESS", capacity_kw=3.6),
    )
    assert devices == [["installer battery"], ["installer panels"]]
    assert kinds_of_relation(found) == ["same_box"]


def test_panels_and_battery_of_two_boxes_are_not_related() -> None:
    found, _ = devices_of(
        told("installer", HOME, ref="panels", category="SOLAR_PV", serial_number=ANOTHER_SERIAL),
        told("installer", HOME, ref="battery", category="BESS", serial_number=SERIAL),
    )
    assert kinds_of_relation(found) == []


@pytest.mark.parametrize(
    ("days", "related"), [(0, []), (400, ["replaces"])], ids=["put there together", "put there later"]
)
def test_a_replacement_under_warranty_is_another_device_that_leads_to_the_first(days: int, related: list[str]) -> None:
    later = DAY + timedelta(days=days)
    found, devices = devices_of(
        told("installer", BATTERY, HOME, ref="first", serial_number=SERIAL),
        told("installer", BATTERY, HOME, ref="second", serial_number=ANOTHER_SERIAL, commissioned_on=later, on=later),
    )
    assert devices == [["installer first"], ["installer second"]]
    assert kinds_of_relation(found) == related


def test_a_battery_that_was_taken_down_before_the_other_was_put_up_is_another() -> None:
    gone = DAY - timedelta(days=30)
    first = told("installer", BATTERY, HOME, on=DAY - timedelta(days=900), commissioned_on=None, removed_on=gone)
    assert devices_of(first, told("cloud", BATTERY, HOME))[1] == [*BY_ITSELF]


def test_a_device_that_moves_house_keeps_its_identity() -> None:
    later = DAY + timedelta(days=400)
    before = told("installer", ONE_MAKER, HOME, commissioned_on=DAY)
    at_once = (told(source, ONE_MAKER, ELSEWHERE) for source in ("cloud", "platform"))
    assert devices_of(before, *at_once)[1] == [["cloud 1", "platform 1"], ["installer 1"]]
    after = (told(source, ONE_MAKER, ELSEWHERE, commissioned_on=later, on=later) for source in ("cloud", "platform"))
    assert devices_of(before, *after)[1] == [["cloud 1", "installer 1", "platform 1"]]


def test_a_device_that_was_taken_down_and_put_up_elsewhere_has_moved() -> None:
    later = DAY + timedelta(days=400)
    before = told("installer", ONE_MAKER, HOME, commissioned_on=DAY, removed_on=later - timedelta(days=9))
    after = told("fitter", ONE_MAKER, ELSEWHERE, commissioned_on=later, on=later)
    assert devices_of(before, after)[1] == [["fitter 1", "installer 1"]]


def test_one_word_alone_takes_no_device_from_a_home_and_is_asked_about() -> None:
    later = DAY + timedelta(days=400)
    before = told("installer", ONE_MAKER, HOME, commissioned_on=DAY)
    found, devices = devices_of(before, told("stranger", ONE_MAKER, ELSEWHERE, commissioned_on=later, on=later))
    assert devices == [["installer 1"], ["stranger 1"]]
    assert len(found.doubts) == 1


def test_a_cartons_number_at_several_homes_joins_nobody_and_is_asked_about() -> None:
    found, devices = devices_of(
        *(
            told("installer", BATTERY, home, ref=ref, serial_number=SERIAL)
            for ref, home in (("a", HOME), ("b", NEXT_DOOR), ("c", ELSEWHERE))
        )
    )
    assert devices == [["installer a"], ["installer b"], ["installer c"]]
    assert len(found.doubts) == 3


def test_the_neighbours_meter_point_makes_no_one_home_of_two() -> None:
    misread = HOME | {"import_mpan": NEXT_DOORS_MPAN}
    _, devices = devices_of(
        told("installer", BATTERY, misread),
        told("cloud", BATTERY, HOME),
        told("operator", BATTERY, NEXT_DOOR),
        told("platform", BATTERY, NEXT_DOOR),
    )
    assert devices == [["cloud 1", "installer 1"], ["operator 1", "platform 1"]]


def test_a_plot_becomes_a_house_and_the_battery_stays_one() -> None:
    plot = {"address_line": "Plot 7, Orchard Rise", "postcode": "LS1 4AP", "import_mpan": MPAN}
    _, devices = devices_of(told("installer", BATTERY, plot), told("cloud", BATTERY, HOME))
    assert devices == [*TOGETHER]


@pytest.mark.parametrize(("most", "devices"), [(2, [*TOGETHER]), (1, [*BY_ITSELF])])
def test_a_key_that_a_crowd_shares_joins_nobody(most: int, devices: list[list[str]]) -> None:
    sightings = Sightings(with_crowd(most))
    tellers = [told(source, BATTERY, import_mpan=MPAN) for source in ("installer", "cloud")]
    touched = [i for teller in tellers for i in sightings.put(teller)]
    assert named(sightings.settle(touched, Rulings()).clusters) == devices


def test_a_key_that_is_known_to_be_a_crowds_joins_nobody() -> None:
    tellers = [told(source, BATTERY, import_mpan=MPAN) for source in ("installer", "cloud")]
    assert devices_of(*tellers, shared=[("import_mpan", "", MPAN)])[1] == [*BY_ITSELF]


def test_what_people_have_ruled_is_so() -> None:
    one, other = told("installer", BATTERY, HOME), told("cloud", BATTERY, HOME)
    pair = frozenset((frozenset((one.id, other.id)),))
    assert devices_of(one, other)[1] == [*TOGETHER]
    assert devices_of(one, other, rulings=Rulings(apart=pair))[1] == [*BY_ITSELF]
    far = told("cloud", BATTERY, ELSEWHERE, serial_number=ANOTHER_SERIAL)
    assert devices_of(one, far)[1] == [*BY_ITSELF]
    found, devices = devices_of(one, far, rulings=Rulings(same=pair))
    assert devices == [*TOGETHER] and not found.doubts


def test_a_hybrid_inverter_told_as_such_and_as_its_panels_is_one_box_by_its_number() -> None:
    panels = HOME | {"manufacturer": "GivEnergy", "serial_number": SERIAL, "capacity_kw": 3.6}
    told_of = (told("installer", panels, category="SOLAR_PV"), told("cloud", panels, category="HYBRID_INVERTER"))
    assert devices_of(*told_of)[1] == [*TOGETHER]


@pytest.mark.parametrize(
    "box",
    [
        pytest.param({"capacity_kw": 3.6, "storage_kwh": 9.5}, id="told with its storage"),
        pytest.param({"capacity_kw": 5.0}, id="told with another rating"),
        pytest.param({"capacity_kw": 3.6, "serial_number": None}, id="told without its number"),
    ],
)
def test_a_hybrid_inverter_that_may_be_the_battery_is_not_taken_for_the_panels(box: dict[str, Any]) -> None:
    panels = HOME | {"manufacturer": "GivEnergy", "serial_number": SERIAL, "capacity_kw": 3.6}
    told_of = (told("installer", panels, category="SOLAR_PV"), told("cloud", panels, box, category="HYBRID_INVERTER"))
    assert devices_of(*told_of)[1] == [*BY_ITSELF]


def test_panels_and_battery_are_never_one_through_the_hybrid_inverter_between_them() -> None:
    box = HOME | {"manufacturer": "GivEnergy", "serial_number": SERIAL, "capacity_kw": 3.6}
    _, devices = devices_of(
        told("installer", box, category="SOLAR_PV"),
        told("operator", box, category="BESS"),
        told("cloud", box, category="HYBRID_INVERTER"),
    )
    assert not any({"installer 1", "operator 1"} <= set(device) for device in devices)


def test_a_model_of_another_maker_than_was_told_leaves_the_maker_open() -> None:
    _, devices = devices_of(
        told("installer", BATTERY, HOME, manufacturer="SolarEdge", model="Powerwall 2"),
        told("cloud", BATTERY, HOME, manufacturer="Tesla", model="Powerwall 2"),
    )
    assert devices == [*TOGETHER]


SWAPPED = "CE2047G713"


def test_a_number_with_two_figures_swapped_is_a_slip_where_nobody_tells_of_two() -> None:
    assert devices_of(
        told("installer", BATTERY, HOME, serial_number=SWAPPED), told("cloud", BATTERY, HOME, serial_number=SERIAL)
    )[1] == [*TOGETHER]


def test_on_an_estate_a_number_with_two_figures_swapped_may_be_the_neighbours() -> None:
    told_of = (
        told("installer", BATTERY, HOME, serial_number=SWAPPED),
        told("cloud", BATTERY, HOME, serial_number=SERIAL),
    )
    assert devices_of(*told_of, shared=told_of[0].areas())[1] == [*BY_ITSELF]


def test_two_numbers_of_swapped_figures_that_two_sources_each_give_are_two_devices() -> None:
    _, devices = devices_of(
        *(
            told(source, BATTERY, HOME, ref=ref, serial_number=serial)
            for source in ("cloud", "installer")
            for ref, serial in (("left", SERIAL), ("right", SWAPPED))
        )
    )
    assert devices == [["cloud left", "installer left"], ["cloud right", "installer right"]]


METER = "L20M6815018"


def test_a_meters_number_in_the_place_of_the_devices_parts_nothing_where_it_is_the_only_one_of_its_kind() -> None:
    undated = {"commissioned_on": None}
    _, devices = devices_of(
        told("installer", BATTERY, HOME, undated, serial_number=METER),
        told("cloud", BATTERY, HOME, serial_number=SERIAL),
    )
    assert devices == [*TOGETHER]


@pytest.mark.parametrize(
    "installer",
    [{"category": "STORAGE_HEATER"}, {"capacity_kw": 7.2}],
    ids=["a home has several storage heaters", "the ratings of two added up"],
)
def test_a_meters_number_where_there_may_be_several_of_a_kind_is_not_guessed_to_be_ones(
    installer: dict[str, Any],
) -> None:
    kind = {"category": installer.get("category", "BESS")}
    _, devices = devices_of(
        told("installer", BATTERY, HOME, installer, serial_number=METER),
        told("cloud", BATTERY, HOME, kind, serial_number=SERIAL),
    )
    assert devices == [*BY_ITSELF]


def test_of_storage_heaters_the_very_same_told_twice_is_two() -> None:
    heaters = (
        told("installer", BATTERY, HOME, ref=ref, category="STORAGE_HEATER", serial_number=SERIAL) for ref in "ab"
    )
    assert devices_of(*heaters)[1] == [["installer a"], ["installer b"]]


def test_a_long_number_without_its_maker_is_one_device_if_nothing_that_was_told_speaks_against_it() -> None:
    _, devices = devices_of(
        told("installer", BATTERY, place("import_mpan"), serial_number=SERIAL, manufacturer=None, model=None),
        told("cloud", serial_number=SERIAL, manufacturer="GivEnergy", category="BESS"),
    )
    assert devices == [*TOGETHER]


def test_a_hybrid_inverter_with_a_number_of_another_kind_is_not_taken_for_the_battery_beside_it() -> None:
    inverter = HOME | {"category": "HYBRID_INVERTER", "commissioned_on": DAY, "serial_number": METER}
    told_of = (told("operator", inverter, capacity_kw=4.0), told("cloud", BATTERY, HOME, serial_number=SERIAL))
    assert devices_of(*told_of)[1] == [["cloud 1"], ["operator 1"]]
