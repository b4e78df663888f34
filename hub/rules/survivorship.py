"""Which source is believed for which field: the orders of `matching_policy.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.rules.claims import Told
from schemas.reference import sources
from schemas.reference.in_use import kept
from schemas.vocabulary import ParticipantKind

# The policy speaks of kinds of source in words; NESO and administrators stand where a network operator does.
_KIND_OF_WORD = {
    "oem": (ParticipantKind.OEM,),
    "installer": (ParticipantKind.INSTALLER,),
    "platform": (ParticipantKind.PLATFORM,),
    "fsp": (ParticipantKind.FSP,),
    "dno": (ParticipantKind.DNO, ParticipantKind.IDNO),
    "dno or registry": (
        ParticipantKind.DNO,
        ParticipantKind.IDNO,
        ParticipantKind.NESO,
        ParticipantKind.ADMIN,
    ),
}
_DEFAULT = ("installer", "DNO", "OEM", "platform", "FSP")
_GROUPS = {
    "serial_number, model, firmware": ("serial_number", "model", "manufacturer"),
    "commissioning_date, phases, capacity as installed": (
        "commissioning_date",
        "phases",
        "rated_capacity_kw",
        "generation_capacity_kw",
        "demand_capacity_kw",
        "installed_capacity_kw",
        "storage_energy_kwh",
        "effective_from",
    ),
    "import_mpan, export_mpan, connection type, limit": ("location", "connection_type", "connection_status"),
}


@kept
def _ranks() -> dict[str, dict[ParticipantKind, int]]:
    """Rank of each kind of source (0 first) for every field that the policy names."""
    found = {}
    for group, order in sources.survivorship().items():
        ranks = _ranked(order)
        found.update(dict.fromkeys(_GROUPS.get(group, ()), ranks))
    return found


@kept
def _ranked(order: tuple[str, ...]) -> dict[ParticipantKind, int]:
    ranks: dict[ParticipantKind, int] = {}
    for word in (*order, *_DEFAULT):
        for kind in _KIND_OF_WORD.get(word.lower(), ()):
            ranks.setdefault(kind, len(ranks))
    return ranks


def rank(field: str, kind: ParticipantKind) -> int:
    """How far down the order of belief a kind of source stands for a field; 0 is believed most."""
    ranks = _ranks_of(field)
    return ranks.get(kind, len(ranks))


def _ranks_of(field: str) -> dict[ParticipantKind, int]:
    return _ranks().get(field) or _ranked(_DEFAULT)


def order(field: str) -> tuple[ParticipantKind, ...]:
    """The kinds of source in the order in which they are believed for a field."""
    return tuple(sorted(ParticipantKind, key=lambda kind: rank(field, kind)))


def by_belief(field: str, told: Sequence[Told]) -> list[Told]:
    """The sources in the order in which they are believed for a field; of one kind, the newest first."""
    return _ordered(_ranks_of(field), told)


def survivors(fields: tuple[str, ...], told: Sequence[Told]) -> dict[str, Any]:
    """The value of each field from the most believed source that has one, or nothing."""
    found: dict[str, Any] = dict.fromkeys(fields)
    if len(told) == 1:
        facts = told[0].facts
        found |= {name: facts[name] for name in found.keys() & facts.keys()}
        return found
    for ranks, names in _by_order(fields):
        for t in reversed(_ordered(ranks, told)):
            found |= {name: value for name in names if (value := t.facts.get(name)) is not None}
    return found


@kept
def _by_order(fields: tuple[str, ...]) -> list[tuple[dict[ParticipantKind, int], list[str]]]:
    """The fields that share an order of belief, for most do, each with that order."""
    orders: dict[int, tuple[dict[ParticipantKind, int], list[str]]] = {}
    for field in fields:
        ranks = _ranks_of(field)
        orders.setdefault(id(ranks), (ranks, []))[1].append(field)
    return list(orders.values())


def _ordered(ranks: Mapping[ParticipantKind, int], told: Sequence[Told]) -> list[Told]:
    if len(told) == 1:
        return list(told)
    newest_first = sorted(told, key=_recency, reverse=True)
    return sorted(newest_first, key=lambda t: ranks.get(t.source_kind, len(ranks)))


def _recency(told: Told) -> tuple[Any, ...]:
    return (told.latest.said_until, told.source, told.latest.notification.sender_asset_ref)
