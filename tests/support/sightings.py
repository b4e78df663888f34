"""Sightings as sources tell them, and the devices that they come to."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.rules.matching import policy
from hub.rules.matching.asset_id import own_id
from hub.rules.matching.cluster import Cluster, alone
from hub.rules.matching.clustering import Partition, Rulings, partition
from hub.rules.matching.reading import Particulars, sighting
from hub.rules.matching.relations import relations
from hub.rules.matching.sighting import Key, Sighting

NO_RULINGS = Rulings()
DAY = date(2026, 9, 1)
MPAN, NEXT_DOORS_MPAN, THIRD_MPAN = "1010000000019", "1010000000028", "1200000003573"
HOME: dict[str, Any] = {
    "uprn": "100000000001",
    "import_mpan": MPAN,
    "address_line": "1 Mill Lane, Leeds",
    "postcode": "LS1 4AP",
}
NEXT_DOOR: dict[str, Any] = {
    "uprn": "100000000002",
    "import_mpan": NEXT_DOORS_MPAN,
    "address_line": "2 Mill Lane, Leeds",
    "postcode": "LS1 4AP",
}
ELSEWHERE: dict[str, Any] = {
    "uprn": "200000000001",
    "import_mpan": THIRD_MPAN,
    "address_line": "9 High Street, York",
    "postcode": "YO1 7HH",
}
BATTERY: dict[str, Any] = {
    "category": "BESS",
    "manufacturer": "GivEnergy",
    "model": "GIV-BAT 9.5",
    "capacity_kw": 3.6,
    "storage_kwh": 9.5,
    "commissioned_on": DAY,
}
SERIAL, NEXT_OFF_THE_LINE, ANOTHER_SERIAL = "CE2047G731", "CE2047G732", "FD2318K506"


def told(source: str, *facts: dict[str, Any], ref: str = "1", on: date = DAY, **more: Any) -> Sighting:
    """What a source tells under its reference `ref`, later facts in place of earlier ones."""
    particulars: dict[str, Any] = {}
    for some in (*facts, more):
        particulars |= some
    first_told = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(milliseconds=len(source))
    return sighting((source, ref), own_id((source, ref), first_told), on, Particulars(**particulars), policy.shipped())


def with_crowd(most: int) -> policy.Policy:
    """The shipped policy, but for how many sightings may share a key."""
    return replace(policy.shipped(), crowd=most, estate=most)


def devices_of(
    *sightings: Sighting, rulings: Rulings = NO_RULINGS, shared: Iterable[Key] = ()
) -> tuple[Partition, list[list[str]]]:
    """How they are parted, and for people: each device as the names of its tellers."""
    found = partition(map(alone, sightings), policy.shipped(), rulings, frozenset(shared))
    return found, named(found.clusters)


def named(clusters: Iterable[Cluster]) -> list[list[str]]:
    return sorted(sorted(" ".join(i) for i in c.ids) for c in clusters)


def kinds_of_relation(found: Partition) -> list[str]:
    return sorted(str(relation.kind) for relation in relations(found.clusters))
