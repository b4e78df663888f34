"""However long a chain of shared keys somebody makes, a decision depends on a bounded number of sightings."""

from dataclasses import replace

from hub.rules.matching import policy
from hub.rules.matching.clustering import Rulings
from hub.rules.matching.neighbourhood import Sightings
from hub.rules.matching.sighting import Sighting
from tests.support.sightings import BATTERY, told

NEAR = replace(policy.shipped(), reach=12)


def a_chain(length: int) -> list[Sighting]:
    """Two of a serial number, two of a property, turn about: each leads to the next."""
    return [
        told(f"installer-{n}", BATTERY, serial_number=f"CE20{n // 2:05d}", uprn=str(100_000_000 + (n + 1) // 2))
        for n in range(length)
    ]


def settled(sightings: list[Sighting]) -> Sightings:
    found = Sightings(NEAR)
    for sighting in sightings:
        found.settle(found.put(sighting), Rulings())
    return found


def test_a_chain_is_followed_no_further_than_the_policy_lets_reach() -> None:
    chain = a_chain(60)
    found = settled(chain)
    looked_at = found.settle([chain[-1].id], Rulings()).looked_at
    assert sum(len(cluster.ids) for cluster in looked_at.clusters) <= NEAR.reach


def test_who_stand_at_one_home_are_still_found_at_the_end_of_a_chain() -> None:
    one, other = (told(f"oem-{n}", BATTERY, serial_number="FD2318K506", uprn="100000030") for n in (1, 2))
    found = settled([*a_chain(60), one, other])
    (device,) = (c for c in found.settle([one.id], Rulings()).clusters if one.id in c.ids)
    assert other.id in device.ids
