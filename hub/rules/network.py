"""How a place is fed on one day: LV feeder, substations, BSP, GSP, GSP group. Networks are re-fed, so days matter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date

from schemas.vocabulary import NetworkLevel

LEVELS = tuple(NetworkLevel)
_PLACES = (NetworkLevel.METER_POINT, NetworkLevel.POSTCODE)


@dataclass(frozen=True, slots=True)
class NetworkLink:
    """`below_id` is fed by `location_id`, from `valid_from` up to but not on `valid_to`; `provenance` says who says so.

    What is stated from a later day on goes before what was stated from an earlier one.
    """

    below_level: str
    below_id: str = field(repr=False)
    level: str
    location_id: str
    name: str | None
    valid_from: date
    valid_to: date | None
    provenance: str

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class NetworkSite:
    """One place of a network, as its operator calls it."""

    location_id: str
    name: str | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.location_id


@dataclass(frozen=True, slots=True)
class NetworkChain:
    """What feeds a place on the day `as_of`; None where nobody says, or where two statements differ (`unclear`).

    `basis` is what the chain begins at: the meter point, or only the postcode around it.
    """

    lv_feeder: NetworkSite | None = None
    secondary_substation: NetworkSite | None = None
    primary_substation: NetworkSite | None = None
    bulk_supply_point: NetworkSite | None = None
    grid_supply_point: NetworkSite | None = None
    gsp_group: NetworkSite | None = None
    basis: NetworkLevel | None = None
    as_of: date | None = None
    unclear: tuple[str, ...] = ()


_SITES = frozenset(f.name for f in fields(NetworkChain)) & frozenset(LEVELS)


def chain(links: Sequence[NetworkLink], mpan: str | None, postcode: str | None, as_of: date) -> NetworkChain:
    """Follow the links up from a meter point, or from its postcode where nothing is known of the meter point.

    A level that two ways up give differently is left open: nothing is picked.
    """
    in_force = _in_force(links, as_of)
    for level, value in zip(_PLACES, (mpan, postcode), strict=True):
        start = (str(level), value or "")
        if start in in_force:
            sites, unclear = _up(in_force, start)
            return NetworkChain(**sites, basis=level, as_of=as_of, unclear=unclear)
    return NetworkChain()


_Site = tuple[str, str]


def _in_force(links: Iterable[NetworkLink], on: date) -> dict[_Site, dict[str, NetworkLink]]:
    """For each thing and level above it the link of the day."""
    found: dict[_Site, dict[str, NetworkLink]] = {}
    for link in sorted(links, key=lambda k: (k.valid_from, k.location_id)):
        if link.holds(on):
            found.setdefault((link.below_level, link.below_id), {})[link.level] = link
    return found


def _up(in_force: dict[_Site, dict[str, NetworkLink]], start: _Site) -> tuple[dict[str, NetworkSite], tuple[str, ...]]:
    reached: dict[str, dict[str, str | None]] = {start[0]: {start[1]: None}}
    # Every link leads to a higher level, so that one pass from the lowest up meets all of them.
    for level in LEVELS:
        for below_id in reached.get(level, {}):
            for link in in_force.get((level, below_id), {}).values():
                if LEVELS.index(NetworkLevel(link.level)) > LEVELS.index(level):
                    known = reached.setdefault(link.level, {})
                    known[link.location_id] = known.get(link.location_id) or link.name
    above = {level: sites for level, sites in reached.items() if level in _SITES}
    unclear = tuple(level for level in LEVELS if len(above.get(level, ())) > 1)
    sites = {level: NetworkSite(*next(iter(s.items()))) for level, s in above.items() if len(s) == 1}
    return sites, unclear
