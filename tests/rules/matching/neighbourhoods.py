"""Small neighbourhoods as a few sources tell of them, with the slips that they make."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from hub.rules.matching.sighting import Sighting
from tests.support.sightings import DAY, ELSEWHERE, HOME, MPAN, NEXT_DOOR, NEXT_DOORS_MPAN, told

PLOT: dict[str, Any] = {"address_line": "Plot 7, Orchard Rise", "postcode": "LS1 4AP", "import_mpan": MPAN}
SERIALS = (None, "CE2047G731", "CE2047G732", "CE2O47G731", "CE2047G931", "FD2318K506", "N/A", "20011722334455")
KINDS: tuple[dict[str, Any], ...] = (
    {"category": "BESS", "manufacturer": "GivEnergy", "model": "GIV-BAT 9.5", "capacity_kw": 3.6},
    {"category": "BESS", "manufacturer": "GivEnergy", "capacity_kw": 5.0},
    {"category": "BESS", "manufacturer": "Tesla", "model": "Powerwall 2", "capacity_kw": 5.0},
    {"category": "SOLAR_PV", "manufacturer": "GivEnergy", "capacity_kw": 3.6},
    {"category": "EV_CHARGER", "manufacturer": "Ohme", "capacity_kw": 7.4},
    {"category": "ELECTRIC_VEHICLE", "manufacturer": "Tesla", "model": "Model 3"},
    {"category": "OTHER", "manufacturer": "GivEnergy", "capacity_kw": 3.6},
    {},
)
DAYS = (None, 0, 2, 10, 400)
NAMES = ("uprn", "import_mpan", "address_line", "postcode")

_homes = st.sampled_from((HOME, HOME, NEXT_DOOR, ELSEWHERE, PLOT))


@st.composite
def places(draw: st.DrawFn) -> dict[str, Any]:
    """A part of what is known of a home, now and then with the neighbour's meter point."""
    home = draw(_homes)
    place = {name: home[name] for name in draw(st.sets(st.sampled_from(NAMES))) if name in home}
    return place | draw(st.sampled_from(({}, {}, {}, {"import_mpan": NEXT_DOORS_MPAN})))


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    """What one source says of one device."""
    days = draw(st.sampled_from(DAYS))
    return {
        **draw(st.sampled_from(KINDS)),
        **draw(places()),
        "serial_number": draw(st.sampled_from(SERIALS)),
        "commissioned_on": None if days is None else DAY + timedelta(days=days),
        "gateways": frozenset(draw(st.sampled_from(((), (), ("001A2B3C4D5E",), ("001A2B3C4D5F",))))),
        "devices": frozenset(draw(st.sampled_from(((), (), (), (("VIN", "", "5YJ3E7EA7KF000316"),))))),
        "form": draw(st.sampled_from((None, None, "job 7"))),
    }


_references = st.tuples(st.sampled_from(("installer", "cloud", "operator")), st.sampled_from("abc"))


@st.composite
def neighbourhoods(draw: st.DrawFn, most: int = 7) -> list[Sighting]:
    """A few sightings, each under a reference of its own."""
    references = draw(st.lists(_references, min_size=2, max_size=most, unique=True))
    return [told(source, draw(facts()), ref=ref) for source, ref in references]
