"""How well two clusters of sightings agree, and what forbids that they are one device.

The veto belongs to the whole cluster: a device that one of its tellers contradicts is not the same, however well the
others agree. The score only ranks candidates that nothing forbids.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, IntEnum
from functools import cached_property
from itertools import product

from hub.rules.matching.homes import Home, Nearness, nearness
from hub.rules.matching.listed import likeness
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import Key, Sighting, SightingId, told_again
from schemas.identifiers import normalise_serial
from schemas.model_names import ModelAgreement, model_agreement
from schemas.serial_likeness import SerialLikeness, same_pattern, serial_likeness


class Serials(Enum):
    """What the serial numbers of two clusters say."""

    NONE = "one has none"
    SAME = "same"
    NEAR = "nearly the same"
    FOREIGN = "of different kinds"
    NEXT = "off one line"
    OTHER = "different"


OTHERS = frozenset((Serials.NEXT, Serials.OTHER))
"""Two devices, unless one of the numbers is mistaken."""


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


class Agreement(IntEnum):
    """How far one fact of two clusters agrees."""

    DIFFERS = -1
    UNKNOWN = 0
    NEAR = 1
    SAME = 2


@dataclass(frozen=True)
class Cluster:
    """Sightings of one device, and what they say of it together. In canonical order of their ids."""

    members: tuple[Sighting, ...]
    homes: tuple[Home, ...]

    @cached_property
    def ids(self) -> frozenset[SightingId]:
        return frozenset(s.id for s in self.members)

    @cached_property
    def sources(self) -> frozenset[str]:
        return frozenset(s.source for s in self.members)

    @cached_property
    def serials(self) -> frozenset[str]:
        return frozenset(s.serial for s in self.members if s.serial)

    @cached_property
    def makers(self) -> frozenset[str]:
        return frozenset(s.maker for s in self.members if s.maker)

    @cached_property
    def groups(self) -> frozenset[str]:
        return frozenset(s.group for s in self.members if s.group)

    @cached_property
    def devices(self) -> frozenset[Key]:
        return frozenset(d for s in self.members for d in s.devices)

    @cached_property
    def gateways(self) -> frozenset[str]:
        return frozenset(g for s in self.members for g in s.gateways)

    @cached_property
    def places(self) -> frozenset[Key]:
        return frozenset(p for s in self.members for p in s.places())

    @cached_property
    def areas(self) -> frozenset[Key]:
        return frozenset(a for s in self.members for a in s.areas())

    @cached_property
    def models(self) -> frozenset[str]:
        return frozenset(s.model for s in self.members if s.model is not None)

    @cached_property
    def capacities(self) -> frozenset[float]:
        return frozenset(s.capacity_kw for s in self.members if s.capacity_kw is not None)

    @cached_property
    def storages(self) -> frozenset[float]:
        return frozenset(s.storage_kwh for s in self.members if s.storage_kwh is not None)

    @cached_property
    def phases(self) -> frozenset[int]:
        return frozenset(s.phases for s in self.members if s.phases is not None)

    @cached_property
    def commissioned(self) -> frozenset[date]:
        return frozenset(s.commissioned_on for s in self.members if s.commissioned_on is not None)

    @cached_property
    def categories(self) -> frozenset[str]:
        return frozenset(s.category for s in self.members if s.category)

    @cached_property
    def wordings(self) -> frozenset[frozenset[str]]:
        return frozenset(s.words for s in self.members if s.words)

    @cached_property
    def is_listed(self) -> bool:
        """Whether nobody but keepers of lists of sites tells of it."""
        return all(s.sites for s in self.members)

    @property
    def first(self) -> SightingId:
        return self.members[0].id

    def with_(self, other: "Cluster") -> "Cluster":
        members = tuple(sorted((*self.members, *other.members), key=lambda s: s.id))
        homes = {home.number: home for home in (*self.homes, *other.homes)}
        return Cluster(members, tuple(homes[number] for number in sorted(homes)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two clusters held side by side."""

    nearness: Nearness
    serials: Serials
    same_device_name: bool
    maker: Agreement
    model: Agreement
    capacity: Agreement
    storage: Agreement
    commissioned: Agreement
    gateway: bool
    moved: bool
    long_serial: bool
    kinds_told: bool
    one_of_several: bool
    areas: frozenset[Key]
    listed: bool
    words: float
    score: float

    @property
    def facts(self) -> tuple[Agreement, ...]:
        return self.model, self.capacity, self.storage, self.commissioned

    @property
    def evidence(self) -> dict[str, str]:
        """What was compared and how it came out, without any value: safe to keep and to show."""
        named = {"place": self.nearness.value, "serial_number": self.serials.value, "maker": _in_words(self.maker)}
        facts = zip(("model", "capacity", "storage", "commissioned"), self.facts, strict=True)
        return named | {name: _in_words(fact) for name, fact in facts}

    @property
    def agreeing(self) -> int:
        return sum(fact > 0 for fact in self.facts)

    @property
    def differing(self) -> int:
        return sum(fact < 0 for fact in self.facts)


def _in_words(agreement: Agreement) -> str:
    return "not told" if agreement is Agreement.UNKNOWN else agreement.name.lower()


def compare(one: Cluster, other: Cluster, policy: Policy) -> Comparison:
    """Everything that speaks for and against two clusters that nothing forbids to be one device."""
    maker = _maker(one, other)
    model = _best_model(one, other)
    capacity = _capacity(one, other, policy)
    storage = _amounts(one.storages, other.storages, policy)
    commissioned = _dates(one, other, policy)
    gateway = bool(one.gateways & other.gateways)
    score = sum(
        policy.weight(fact, level.name.lower())
        for fact, level in (
            ("maker", maker),
            ("model", model),
            ("capacity", capacity),
            ("storage", storage),
            ("commissioned", commissioned),
            ("phases", _phases(one, other)),
            ("gateway", Agreement.SAME if gateway else Agreement.UNKNOWN),
        )
    )
    listed = one.is_listed and other.is_listed
    words = max((likeness(a, b) for a, b in product(one.wordings, other.wordings)), default=0.0) if listed else 0.0
    if listed:
        score += _of_one_site(one, other, words, policy)
    return Comparison(
        nearness_of(one, other),
        _serials(one, other),
        bool(one.devices & other.devices),
        maker,
        model,
        capacity,
        storage,
        commissioned,
        gateway,
        _moved(one, other, policy),
        _long(one, other, policy),
        bool(one.groups and other.groups),
        bool((one.groups | other.groups) & policy.several),
        one.areas | other.areas,
        listed,
        words,
        score,
    )


def _of_one_site(one: Cluster, other: Cluster, words: float, policy: Policy) -> float:
    """Bits for what two rows of lists of sites say of the site and of the technology, by the share of words alike."""
    kind = policy.weight("category", "same" if one.categories == other.categories else "differs")
    worst, best = policy.weight("words", "differs"), policy.weight("words", "same")
    return kind + worst + (best - worst) * words


def _long(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """Whether a serial number that both have is long enough to be no other maker's."""
    return any(len(serial) >= policy.serial_without_maker for serial in one.serials & other.serials)


def _moved(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """Whether all that tell of the one put it up well before any that tell of the other."""
    if not one.commissioned or not other.commissioned:
        return False
    apart = timedelta(days=policy.days_moved)
    return max(one.commissioned) + apart <= min(other.commissioned) or max(other.commissioned) + apart <= min(
        one.commissioned
    )


def forbidden(
    one: Cluster, other: Cluster, ruled_apart: frozenset[frozenset[SightingId]], policy: Policy
) -> Veto | None:
    """What forbids that two clusters are one device, or nothing. What is cheap to see is looked at first."""
    if one.groups and other.groups and one.groups != other.groups:
        return Veto.CATEGORY
    if ruled_apart and any(frozenset(pair) in ruled_apart for pair in product(one.ids, other.ids)):
        return Veto.RULED
    if _two_of_one_source(one, other):
        return Veto.ONE_SOURCE
    near, serials = nearness_of(one, other), _serials(one, other)
    if serials in OTHERS:
        return Veto.SERIAL
    # Whoever copies serial number and home has the device before him, whatever he takes its maker for.
    if _maker(one, other) is Agreement.DIFFERS and not (
        serials is Serials.SAME and (near is Nearness.SAME_HOME or _long(one, other, policy))
    ):
        return Veto.MAKER
    if _named_otherwise(one.devices, other.devices):
        return Veto.IDENTIFIER
    # The same number after a removal is a device that was put up again.
    if serials is not Serials.SAME and (_removed_before(one, other) or _removed_before(other, one)):
        return Veto.REMOVED
    if near is Nearness.ELSEWHERE and serials is Serials.SAME and _moved(one, other, policy):
        return None
    return None if _may_be_there(one, other, near, serials) else Veto.PLACE


def _may_be_there(one: Cluster, other: Cluster, near: Nearness, serials: Serials) -> bool:
    """Whether the places allow one device. House numbers are mistaken; a vehicle stands where it likes."""
    if near is Nearness.ELSEWHERE:
        return any(scheme in _MOBILE for scheme, _, _ in one.devices & other.devices)
    named = serials is Serials.SAME or bool(one.devices & other.devices) or bool(one.gateways & other.gateways)
    # A site has a name and not a number, which everybody writes in his own way.
    sites = one.is_listed and other.is_listed
    return near is not Nearness.NEXT_DOOR or named or sites


_MOBILE = frozenset(("VIN", "external:VIN"))


def collide(one: Cluster, other: Cluster) -> bool:
    """Whether two clusters that their places alone keep apart have one maker's serial number."""
    return bool(one.serials & other.serials and one.makers & other.makers)


def alike(one: Cluster, other: Cluster, policy: Policy) -> bool:
    """Whether two clusters of a kind may be one device as far as maker, model and time go."""
    near = _dates(one, other, policy)
    if near is Agreement.DIFFERS or _maker(one, other) is Agreement.DIFFERS:
        return False
    return near is Agreement.UNKNOWN or _best_model(one, other) is not Agreement.DIFFERS


def adds_up(told: Iterable[Sighting], policy: Policy) -> bool:
    """Whether of the capacities told of a home some are the sum of several devices such as the others tell of.

    A single source that tells half of what several others tell has made a slip.
    """
    by_source = {(s.source, s.capacity_kw) for s in told if s.capacity_kw}
    for count, (_, each) in product(policy.sums, by_source):
        sums, singles = (
            {source for source, capacity in by_source if abs(capacity - amount) <= policy.sum_within * amount}
            for amount in (count * each, each)
        )
        if sums and not len(singles) == 1 < len(sums):
            return True
    return False


def _two_of_one_source(one: Cluster, other: Cluster) -> bool:
    """A source that gives two references tells of two devices, but where it tells the very same under both."""
    if one.sources.isdisjoint(other.sources):
        return False
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


def nearness_of(one: Cluster, other: Cluster) -> Nearness:
    """How the places of two clusters lie to each other: of all that their homes say, what says most."""
    if len(one.homes) == len(other.homes) == 1:
        strongest = nearness(one.homes[0], other.homes[0])
    else:
        found = {nearness(a, b) for a, b in product(one.homes, other.homes)}
        strongest = next(n for n in _STRONGEST if n in found)
    if strongest is Nearness.ELSEWHERE and not one.places.isdisjoint(other.places):
        return Nearness.NEXT_DOOR
    return strongest


_STRONGEST = (
    Nearness.SAME_HOME,
    Nearness.ELSEWHERE,
    Nearness.NEXT_DOOR,
    Nearness.SAME_POSTCODE,
    Nearness.UNKNOWN,
)


_LIKENESS = {
    SerialLikeness.SAME: Serials.SAME,
    SerialLikeness.CONFUSABLE: Serials.NEAR,
    SerialLikeness.TYPO: Serials.NEAR,
    SerialLikeness.CONTAINED: Serials.NEAR,
    SerialLikeness.CONSECUTIVE: Serials.NEXT,
    SerialLikeness.DIFFERENT: Serials.OTHER,
}


def _serials(one: Cluster, other: Cluster) -> Serials:
    if not one.serials or not other.serials:
        return Serials.NONE
    if one.serials & other.serials:
        return Serials.SAME
    found = {_likeness(a, b) for a, b in product(one.serials, other.serials)}
    if Serials.NEAR in found and _tellers(one) > 1 and _tellers(other) > 1:
        # A slip is made once: of two numbers that several tell of each, neither is one.
        return Serials.NEXT
    return next(s for s in (Serials.NEAR, Serials.NEXT, Serials.OTHER, Serials.FOREIGN) if s in found)


def _tellers(cluster: Cluster) -> int:
    """How many sources agree on a serial number of it, at most."""
    return max(Counter(serial for _, serial in {(s.source, s.serial) for s in cluster.members if s.serial}).values())


def _likeness(one: str, other: str) -> Serials:
    found = _LIKENESS[serial_likeness(one, other)]
    if found is not Serials.OTHER:
        return found
    of_a_kind = same_pattern(one, other) and normalise_serial(one).doubt == normalise_serial(other).doubt
    return found if of_a_kind else Serials.FOREIGN


def _maker(one: Cluster, other: Cluster) -> Agreement:
    if not one.makers or not other.makers:
        return Agreement.UNKNOWN
    return Agreement.SAME if one.makers & other.makers else Agreement.DIFFERS


_MODELS = {
    ModelAgreement.SAME: Agreement.SAME,
    ModelAgreement.FAMILY: Agreement.NEAR,
    ModelAgreement.UNKNOWN: Agreement.UNKNOWN,
    ModelAgreement.DIFFERENT: Agreement.DIFFERS,
}


def _best_model(one: Cluster, other: Cluster) -> Agreement:
    maker = min(one.makers | other.makers, default=None)
    pairs = product(sorted(one.models), sorted(other.models))
    return max((_MODELS[model_agreement(a, b, maker)] for a, b in pairs), default=Agreement.UNKNOWN)


def _capacity(one: Cluster, other: Cluster, policy: Policy) -> Agreement:
    """Two capacities that differ as two ways of rating one device do say nothing."""
    found = _amounts(one.capacities, other.capacities, policy)
    if found is not Agreement.DIFFERS:
        return found
    ratios = (max(a, b) / min(a, b) for a, b in product(one.capacities, other.capacities) if min(a, b) > 0)
    groups = one.groups | other.groups
    return Agreement.UNKNOWN if any(policy.other_basis(groups, ratio) for ratio in ratios) else found


def _amounts(one: frozenset[float], other: frozenset[float], policy: Policy) -> Agreement:
    """Same amount, near enough for what rounding and rating do, or different."""
    if not one or not other:
        return Agreement.UNKNOWN
    difference, larger = min((abs(a - b), max(a, b)) for a, b in product(one, other))
    if difference <= policy.same_amount:
        return Agreement.SAME
    near = difference <= max(policy.capacity_tolerance * larger, policy.capacity_tolerance_kw)
    return Agreement.NEAR if near else Agreement.DIFFERS


def _dates(one: Cluster, other: Cluster, policy: Policy) -> Agreement:
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


def _phases(one: Cluster, other: Cluster) -> Agreement:
    if not one.phases or not other.phases:
        return Agreement.UNKNOWN
    return Agreement.SAME if one.phases & other.phases else Agreement.DIFFERS
