"""How much each agreement is worth, estimated from notifications: log2 of how much likelier it is with one device.

What one device is, is taken from what needs no weights: two senders that give one maker and one serial number. What
chance makes agree is seen in pairs drawn from one category group. The maker, which both have by definition in the
first, is not estimated.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from random import Random

from hub.rules.matching.agreement import Agreement
from hub.rules.matching.cluster import Cluster, alone
from hub.rules.matching.comparison import compare
from hub.rules.matching.homes import Homes
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import Sighting
from hub.services.offline_matching import sightings_of
from schemas.flat_notification import FlatNotification

FACTS = ("model", "capacity", "storage", "commissioned")
LEVELS = (Agreement.DIFFERS, Agreement.NEAR, Agreement.SAME)
MOST_OF_ONE = 10
"""Sightings of one serial number from which pairs are made: a carton's number is no device."""
SMOOTHING = 0.5

Weights = dict[tuple[str, str], float]
"""Bits by fact and level."""


def estimate(notifications: Iterable[FlatNotification], policy: Policy, seed: int) -> tuple[Weights, int]:
    """The weights, and the number of pairs of one device behind them. Raises `ValueError` where there are none."""
    told = list(sightings_of(notifications, policy))
    homes = Homes(told)
    single = {s.id: alone(s, (homes.of(s),)) for s in told}
    same = [(single[a.id], single[b.id]) for a, b in _of_one_device(told)]
    if not same:
        raise ValueError("no two senders give one maker and one serial number; give a larger file")
    other = [(single[a.id], single[b.id]) for a, b in _by_chance(told, len(same), Random(seed))]
    with_one, with_two = _levels(same, policy), _levels(other, policy)
    return {
        (fact, level.name.lower()): round(math.log2(_share(with_one[fact], level) / _share(with_two[fact], level)), 1)
        for fact in FACTS
        for level in LEVELS
    }, len(same)


def _of_one_device(told: Sequence[Sighting]) -> Iterator[tuple[Sighting, Sighting]]:
    by_number: dict[tuple[str, str, str], list[Sighting]] = defaultdict(list)
    for s in told:
        if s.maker and s.serial and s.group:
            by_number[s.group, s.maker, s.serial].append(s)
    for key in sorted(by_number):
        if len(by_number[key]) <= MOST_OF_ONE:
            yield from ((a, b) for a, b in combinations(by_number[key], 2) if a.source != b.source)


def _by_chance(told: Sequence[Sighting], wanted: int, dice: Random) -> Iterator[tuple[Sighting, Sighting]]:
    by_group: dict[str, list[Sighting]] = defaultdict(list)
    for s in told:
        if s.group:
            by_group[s.group].append(s)
    groups = [by_group[name] for name in sorted(by_group) if len(by_group[name]) > 1]
    sizes = [len(group) for group in groups]
    for _ in range(wanted):
        one, other = dice.sample(dice.choices(groups, sizes)[0], 2)
        if one.serial is None or one.serial != other.serial:
            yield one, other


def _levels(pairs: Iterable[tuple[Cluster, Cluster]], policy: Policy) -> dict[str, Counter[Agreement]]:
    found: dict[str, Counter[Agreement]] = {fact: Counter() for fact in FACTS}
    for one, other in pairs:
        compared = compare(one, other, policy)
        for fact in FACTS:
            found[fact][getattr(compared, fact)] += 1
    return found


def _share(counted: Counter[Agreement], level: Agreement) -> float:
    """The share of a level among pairs of which both sides are told; none is ever quite impossible."""
    told = sum(counted[each] for each in LEVELS)
    return (counted[level] + SMOOTHING) / (told + SMOOTHING * len(LEVELS))
