"""The numbers by which devices are compared: tolerances, and how many bits each agreement is worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.rules.matching.sighting import AREA, SITE, Key
from schemas.reference import categories, matching, weights
from schemas.reference.in_use import kept


@dataclass(frozen=True)
class Policy:
    """Amounts are kW or kWh, `capacity_tolerance` is a fraction, weights are bits by fact and level of agreement.

    `crowd` is how many sightings may share a key before it counts as shared by many homes, `estate` how many of one
    kind a postcode.
    """

    capacity_tolerance: float
    capacity_tolerance_kw: float
    same_amount: float
    days_apart: int
    same_days: int
    days_moved: int
    shortest_serial: int
    serial_without_maker: int
    margin: float
    crowd: int
    estate: int
    reach: int
    """How many sightings a decision may depend on; where their keys lead to more, only the home counts."""
    several: frozenset[str]
    """Groups of which a home usually has several: only a number tells those apart."""
    boxes: Mapping[str, frozenset[str]]
    """Groups of boxes that may be told in the word for one of their parts, with the groups of those."""
    lists: frozenset[str]
    """Kinds of participant that keep lists of whole sites."""
    site_words: float
    """The share of words from which on two rows name one site."""
    margin_of_rows: float
    """By how many bits one row of a list has to fit better than another."""
    sums: tuple[int, ...]
    """How many devices of a kind are told of as one, with their capacities added up."""
    sum_within: float
    weights: Mapping[tuple[str, str], float]
    bases: Mapping[str, tuple[tuple[float, float], ...]]
    """By category group, or * for all: between which ratios two ways of rating one device lie."""

    def most(self, key: Key) -> int:
        """How many sightings may share a key; with one more it is a crowd's."""
        return self.estate if key[0] in (AREA, SITE) else self.crowd

    def kinds(self, groups: frozenset[str]) -> frozenset[str]:
        """Those groups that say what a device is, and not only in what box."""
        return groups - self.boxes.keys()

    def one_kind(self, groups: frozenset[str]) -> bool:
        """Whether one device may be told in the words of all these groups."""
        if groups.isdisjoint(self.boxes):
            return len(groups) < 2
        kinds = self.kinds(groups)
        return len(kinds) < 2 and all(kinds <= self.boxes[box] for box in groups - kinds)

    def weight(self, fact: str, level: str) -> float:
        """In bits; nothing for a fact that was not told."""
        return self.weights.get((fact, level), 0.0)

    def other_basis(self, groups: Iterable[str], ratio: float) -> bool:
        """Whether two capacities with this ratio may be one device's, rated in two ways."""
        return any(low <= ratio <= high for group in (*groups, "*") for low, high in self.bases.get(group, ()))


@kept
def shipped() -> Policy:
    """The policy of the reference tables in use."""
    limits, groups = matching.limits(), categories.category_groups()
    return Policy(
        capacity_tolerance=float(limits.capacity_percent) / 100,
        capacity_tolerance_kw=float(limits.capacity_kw),
        same_amount=float(limits.capacity_same_kw),
        days_apart=limits.commissioning_days,
        same_days=limits.commissioning_same_days,
        days_moved=limits.moved_days,
        shortest_serial=limits.serial_shortest,
        serial_without_maker=limits.serial_shortest_alone,
        margin=float(limits.margin_bits),
        crowd=limits.crowd,
        estate=limits.estate,
        reach=limits.reach,
        several=frozenset(groups[category] for category in limits.several_at_home),
        boxes={groups[box]: frozenset(groups[part] for part in parts) for box, parts in limits.told_for_parts.items()},
        lists=limits.keepers_of_lists,
        margin_of_rows=float(limits.margin_of_rows_bits),
        site_words=float(limits.site_words_percent) / 100,
        sums=limits.capacity_sums,
        sum_within=float(limits.capacity_sum_percent) / 100,
        weights=weights.identity_weights(),
        bases=weights.capacity_bases(),
    )
