"""What the serial numbers of two clusters say of them."""

from collections import Counter
from enum import Enum
from itertools import product

from hub.rules.matching.cluster import Cluster
from hub.rules.matching.policy import Policy
from schemas.edits import swapped
from schemas.identifiers import normalise_serial
from schemas.serial_likeness import SerialLikeness, same_pattern, serial_likeness


class Serials(Enum):
    """What the serial numbers of two clusters say."""

    NONE = "one has none"
    SAME = "same"
    NEAR = "nearly the same"
    FOREIGN = "of different kinds"
    SWAPPED = "two characters changed places"
    NEXT = "off one line"
    OTHER = "different"


OTHERS = (Serials.SWAPPED, Serials.NEXT, Serials.OTHER)
"""Two devices, unless one of the numbers is mistaken."""


_LIKENESS = {
    SerialLikeness.SAME: Serials.SAME,
    SerialLikeness.CONFUSABLE: Serials.NEAR,
    SerialLikeness.TYPO: Serials.NEAR,
    SerialLikeness.CONTAINED: Serials.NEAR,
    SerialLikeness.CONSECUTIVE: Serials.NEXT,
    SerialLikeness.DIFFERENT: Serials.OTHER,
}


def serials(one: Cluster, other: Cluster) -> Serials:
    if not one.serials or not other.serials:
        return Serials.NONE
    if one.serials & other.serials:
        return Serials.SAME
    found = {_likeness(a, b) for a, b in product(one.serials, other.serials)}
    if not found.isdisjoint((Serials.NEAR, Serials.SWAPPED)) and _tellers(one) > 1 and _tellers(other) > 1:
        # A slip is made once: of two numbers that several tell of each, neither is one.
        return Serials.NEXT
    return next(s for s in (Serials.NEAR, Serials.SWAPPED, Serials.NEXT, Serials.OTHER, Serials.FOREIGN) if s in found)


def long_serial(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """Whether a serial number that both have is long enough to be no other maker's."""
    return any(len(serial) >= policy.serial_without_maker for serial in one.serials & other.serials)


def collide(one: Cluster, other: Cluster) -> bool:
    """Whether two clusters that their places alone keep apart have one maker's serial number."""
    return bool(one.serials & other.serials and one.makers & other.makers)


def _tellers(cluster: Cluster) -> int:
    """How many sources agree on a serial number of it, at most."""
    return max(Counter(serial for _, serial in {(s.source, s.serial) for s in cluster.members if s.serial}).values())


def _likeness(one: str, other: str) -> Serials:
    found = _LIKENESS[serial_likeness(one, other)]
    if found is Serials.NEXT and swapped(one, other):
        return Serials.SWAPPED
    if found is not Serials.OTHER:
        return found
    of_a_kind = same_pattern(one, other) and normalise_serial(one).doubt == normalise_serial(other).doubt
    return found if of_a_kind else Serials.FOREIGN
