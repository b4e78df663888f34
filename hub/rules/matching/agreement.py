"""How far one fact of two clusters agrees: maker, model, amounts, days, phases."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import IntEnum
from itertools import product

from hub.rules.matching.cluster import Cluster
from hub.rules.matching.policy import Policy
from schemas.model_names import ModelAgreement, model_agreement


class Agreement(IntEnum):
    """How far one fact of two clusters agrees."""

    DIFFERS = -1
    UNKNOWN = 0
    NEAR = 1
    SAME = 2


LEVELS = {level: level.name.lower() for level in Agreement}
"""The names of the levels in tables of weights, and in words."""


def maker(one: Cluster, other: Cluster) -> Agreement:
    if not one.makers or not other.makers:
        return Agreement.UNKNOWN
    return Agreement.SAME if one.makers & other.makers else Agreement.DIFFERS


_MODELS = {
    ModelAgreement.SAME: Agreement.SAME,
    ModelAgreement.FAMILY: Agreement.NEAR,
    ModelAgreement.UNKNOWN: Agreement.UNKNOWN,
    ModelAgreement.DIFFERENT: Agreement.DIFFERS,
}


def model(one: Cluster, other: Cluster) -> Agreement:
    maker = min(one.makers | other.makers, default=None)
    pairs = product(sorted(one.models), sorted(other.models))
    return max((_MODELS[model_agreement(a, b, maker)] for a, b in pairs), default=Agreement.UNKNOWN)


def capacity(one: Cluster, other: Cluster, policy: Policy) -> Agreement:
    """Two capacities that differ as two ways of rating one device do say nothing."""
    found = amounts(one.capacities, other.capacities, policy)
    if found is not Agreement.DIFFERS:
        return found
    ratios = (max(a, b) / min(a, b) for a, b in product(one.capacities, other.capacities) if min(a, b) > 0)
    groups = one.groups | other.groups
    return Agreement.UNKNOWN if any(policy.other_basis(groups, ratio) for ratio in ratios) else found


def amounts(one: frozenset[float], other: frozenset[float], policy: Policy) -> Agreement:
    """Same amount, near enough for what rounding and rating do, or different."""
    if not one or not other:
        return Agreement.UNKNOWN
    difference, larger = min((abs(a - b), max(a, b)) for a, b in product(one, other))
    if difference <= policy.same_amount:
        return Agreement.SAME
    near = difference <= max(policy.capacity_tolerance * larger, policy.capacity_tolerance_kw)
    return Agreement.NEAR if near else Agreement.DIFFERS


def dates(one: Cluster, other: Cluster, policy: Policy) -> Agreement:
    """Days of commissioning; told of before the other was there counts as another day."""
    pairs = list(product(one.commissioned, other.commissioned))
    if not pairs:
        early = _told_before(one, other, policy) or _told_before(other, one, policy)
        return Agreement.DIFFERS if early else Agreement.UNKNOWN
    nearest = min(abs((a - b).days) for a, b in pairs)
    if nearest <= policy.same_days:
        return Agreement.SAME
    if nearest <= policy.days_apart:
        return Agreement.NEAR
    slip = any(_slip_of_date(a, b, policy.same_days) or _slip_of_date(b, a, policy.same_days) for a, b in pairs)
    return Agreement.UNKNOWN if slip else Agreement.DIFFERS


def moved(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """Whether all that tell of the one put it up well before any that tell of the other, and its move is vouched for.

    Two must tell of the new place, or those at the old one that it is gone: one word alone takes no device from a home.
    """
    if not one.commissioned or not other.commissioned:
        return False
    older, newer = sorted((one, other), key=lambda cluster: max(cluster.commissioned))
    later = max(older.commissioned) + timedelta(days=policy.days_moved) <= min(newer.commissioned)
    gone = all(s.removed_on is not None for s in older.members if s.places() or s.postcode is not None)
    return later and (gone or len(newer.sources) > 1)


def _told_before(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """Whether the one was told of, without a day, well before the other was put up."""
    if not other.commissioned:
        return False
    return max(s.said_on for s in one.members) < min(other.commissioned) - timedelta(days=policy.days_apart)


def _slip_of_date(one: date, other: date, within: int) -> bool:
    """Whether a day is another with the year one off, or with day and month swapped."""
    swapped = one.replace(day=one.month, month=one.day) if one.day <= 12 else one
    return any(abs((day - other).days) <= within for day in (swapped, *_years_off(one)))


def _years_off(day: date) -> Iterator[date]:
    for year in (day.year - 1, day.year + 1):
        yield day.replace(year=year, day=min(day.day, 28) if day.month == 2 else day.day)


def phases(one: Cluster, other: Cluster) -> Agreement:
    if not one.phases or not other.phases:
        return Agreement.UNKNOWN
    return Agreement.SAME if one.phases & other.phases else Agreement.DIFFERS
