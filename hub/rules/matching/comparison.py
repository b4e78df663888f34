"""How well two clusters of sightings agree. The score only ranks candidates that nothing forbids."""

from itertools import product
from typing import NamedTuple

from hub.rules.matching import agreement
from hub.rules.matching.agreement import LEVELS, Agreement
from hub.rules.matching.cluster import Cluster, nearness_of
from hub.rules.matching.homes import Nearness
from hub.rules.matching.listed import likeness
from hub.rules.matching.policy import Policy
from hub.rules.matching.serials import Serials, long_serial, serials
from hub.rules.matching.sighting import Key


class Comparison(NamedTuple):
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
    one_stores: bool
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


def _in_words(level: Agreement) -> str:
    return "not told" if level is Agreement.UNKNOWN else LEVELS[level]


def compare(one: Cluster, other: Cluster, policy: Policy) -> Comparison:
    """Everything that speaks for and against two clusters that nothing forbids to be one device."""
    maker = agreement.maker(one, other)
    model = agreement.model(one, other)
    capacity = agreement.capacity(one, other, policy)
    storage = agreement.amounts(one.storages, other.storages, policy)
    commissioned = agreement.dates(one, other, policy)
    gateway = bool(one.gateways & other.gateways)
    score = sum(
        policy.weight(fact, LEVELS[level])
        for fact, level in (
            ("maker", maker),
            ("model", model),
            ("capacity", capacity),
            ("storage", storage),
            ("commissioned", commissioned),
            ("phases", agreement.phases(one, other)),
            ("gateway", Agreement.SAME if gateway else Agreement.UNKNOWN),
        )
    )
    listed = one.is_listed and other.is_listed
    words = max((likeness(a, b) for a, b in product(one.wordings, other.wordings)), default=0.0) if listed else 0.0
    if listed:
        score += _of_one_site(one, other, words, policy)
    return Comparison(
        nearness_of(one, other),
        serials(one, other),
        bool(one.devices & other.devices),
        maker,
        model,
        capacity,
        storage,
        commissioned,
        gateway,
        agreement.moved(one, other, policy),
        long_serial(one, other, policy),
        bool(policy.kinds(one.groups) & policy.kinds(other.groups)),
        bool(one.storages) != bool(other.storages),
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
