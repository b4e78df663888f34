"""What forbids that two clusters are one device.

The veto belongs to the whole cluster: a device that one of its tellers contradicts is not the same, however well the
others agree.
"""

from enum import Enum
from itertools import product

from hub.rules.matching.agreement import Agreement, maker, moved
from hub.rules.matching.cluster import Cluster, nearness_of
from hub.rules.matching.homes import Nearness
from hub.rules.matching.policy import Policy
from hub.rules.matching.serials import OTHERS, Serials, long_serial, serials
from hub.rules.matching.sighting import Key, SightingId, told_again


class Veto(Enum):
    """Why two clusters are not one device."""

    CATEGORY = "category"
    RULED = "ruled"
    PLACE = "place"
    SERIAL = "serial"
    MAKER = "maker"
    IDENTIFIER = "identifier"
    ONE_SOURCE = "one source"
    REMOVED = "removed before"


def forbidden(
    one: Cluster, other: Cluster, ruled_apart: frozenset[frozenset[SightingId]], policy: Policy
) -> Veto | None:
    """What forbids that two clusters are one device, or nothing. What is cheap to see is looked at first."""
    if one.groups != other.groups and not policy.one_kind(one.groups | other.groups):
        return Veto.CATEGORY
    if ruled_apart and any(frozenset(pair) in ruled_apart for pair in product(one.ids, other.ids)):
        return Veto.RULED
    if _two_of_one_source(one, other, policy):
        return Veto.ONE_SOURCE
    near, numbers = nearness_of(one, other), serials(one, other)
    if numbers in OTHERS:
        return Veto.SERIAL
    # Whoever copies serial number and home has the device before him, whatever he takes its maker for.
    if maker(one, other) is Agreement.DIFFERS and not (
        numbers is Serials.SAME and (near is Nearness.SAME_HOME or long_serial(one, other, policy))
    ):
        return Veto.MAKER
    if _named_otherwise(one.devices, other.devices):
        return Veto.IDENTIFIER
    # The same number after a removal is a device that was put up again.
    if numbers is not Serials.SAME and (_removed_before(one, other) or _removed_before(other, one)):
        return Veto.REMOVED
    if near is Nearness.ELSEWHERE and numbers is Serials.SAME and moved(one, other, policy):
        return None
    return None if _may_be_there(one, other, near, numbers) else Veto.PLACE


def _may_be_there(one: Cluster, other: Cluster, near: Nearness, numbers: Serials) -> bool:
    """Whether the places allow one device. House numbers are mistaken; a vehicle stands where it likes."""
    if near is Nearness.ELSEWHERE:
        return any(scheme in _MOBILE for scheme, _, _ in one.devices & other.devices)
    named = numbers is Serials.SAME or bool(one.devices & other.devices) or bool(one.gateways & other.gateways)
    # A site has a name and not a number, which everybody writes in his own way.
    sites = one.is_listed and other.is_listed
    return near is not Nearness.NEXT_DOOR or named or sites


_MOBILE = frozenset(("VIN", "external:VIN"))


def _two_of_one_source(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """A source that gives two references tells of two devices, but where it tells the very same under both.

    Of a kind of which a home has several the very same is told of each.
    """
    if one.sources.isdisjoint(other.sources):
        return False
    if (one.groups | other.groups) & policy.several:
        return True
    shared = one.sources & other.sources
    mine = [s for s in one.members if s.source in shared]
    theirs = [s for s in other.members if s.source in shared]
    return not all(told_again(a, b) for a in mine for b in theirs if a.source == b.source)


def _removed_before(one: Cluster, other: Cluster) -> bool:
    """Whether all who tell of the one say that it was gone before the other was put up."""
    removed = [s.removed_on for s in one.members]
    began = [s.commissioned_on or s.said_on for s in other.members]
    return all(day is not None and day < min(began) for day in removed)


def _named_otherwise(one: frozenset[Key], other: frozenset[Key]) -> bool:
    """Whether a scheme and issuer that name one device name two here."""
    names = {(scheme, issuer): value for scheme, issuer, value in one}
    return any(names.get((scheme, issuer), value) != value for scheme, issuer, value in other) and not one & other
