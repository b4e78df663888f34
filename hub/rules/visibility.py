"""Which fields of an asset a kind of participant may see, by the policy table `visibility_matrix.csv`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from schemas.outbound import AssetState, Concern
from schemas.reference import load
from schemas.reference.in_use import kept
from schemas.vocabulary import ParticipantKind

_AUDIENCE = {
    ParticipantKind.FSP: "fsp",
    ParticipantKind.INSTALLER: "installer_or_oem",
    ParticipantKind.OEM: "installer_or_oem",
    ParticipantKind.PLATFORM: "platform_imp",
    ParticipantKind.DNO: "dno_idno_own_area",
    ParticipantKind.IDNO: "dno_idno_own_area",
    ParticipantKind.NESO: "neso",
    ParticipantKind.REGULATOR: "ofgem_market_facilitator",
}

# The policy's data items in terms of `AssetState`; a dot goes into a nested shape.
_FIELDS = {
    "full MPAN": ("place.import_mpan", "place.export_mpan"),
    "UPRN and address": ("place.uprn", "place.address_line", "place.postcode", "place.meter_serial"),
    "serial number, external ids": ("serial_number", "external_ids"),
    "FSP link and market unit": ("market",),
    "consent state and reference": ("consent", "market.consent_reference"),
    "dedupe evidence and source messages": ("sources",),
}
_MARKET_FIELDS = frozenset({"market", "consent"})
_SERVICE_RULES = ("STK-", "P", "H")
_MARKET_RULES = ("FSP-", "CONSENT-", *_SERVICE_RULES)
"""Concerns that would tell of providers to those who may not know of them."""
SECOND_CLAIM = "FSP-SECOND_CLAIM"
_STATE_ONLY = "state only"
_OWN_MESSAGE = "own message"
"""Which its own messages are a reader knows; the asset's list of sources would name the others as well."""
_AUDIT, _ALL = "audit trail", "read all"
_MONTHS = re.compile(r"(\d+) months")
DAYS_A_MONTH = 30.4375


@dataclass(frozen=True)
class Visibility:
    """Fields that are hidden, and fields that are hidden once so many months have passed.

    `only_providers`, where given, are the only ones whose market part is shown: an older version of an asset may name
    the provider before, or tell of one that had no consent.
    """

    hidden: frozenset[str] = frozenset()
    hidden_after_months: Mapping[str, int] = field(default_factory=dict)
    only_providers: frozenset[str] | None = None


@kept
def visible_to(kind: ParticipantKind) -> Visibility:
    """The policy for a kind of participant; an administrator sees all, and so does the hub itself."""
    if kind in (ParticipantKind.ADMIN, ParticipantKind.HUB):
        return Visibility()
    hidden: set[str] = set()
    later: dict[str, int] = {}
    for item, fields in _FIELDS.items():
        cell = getattr(load.visibility()[item], _AUDIENCE[kind])
        if cell in ("no", _OWN_MESSAGE) or cell.startswith("no "):
            hidden.update(fields)
        elif cell == _STATE_ONLY:
            hidden.add("market.consent_reference")
        elif found := _MONTHS.search(cell):
            later.update(dict.fromkeys(fields, int(found.group(1))))
    return Visibility(frozenset(hidden), MappingProxyType(later))


def reads_whole_log(kind: ParticipantKind) -> bool:
    """Whether the policy lets a kind of participant read all of the audit log; an administrator reads it."""
    if kind is ParticipantKind.ADMIN:
        return True
    audience = _AUDIENCE.get(kind)
    return audience is not None and bool(getattr(load.visibility()[_AUDIT], audience) == _ALL)


def mask(state: AssetState, visibility: Visibility, today: date) -> AssetState:
    """The asset without what may not be seen; hidden fields are as if never told."""
    hidden = _hidden(state, visibility, today)
    unseen = _unseen_rules(state, hidden, visibility)
    cleared = _cleared(state, hidden)
    if unseen and state.concerns:
        cleared["concerns"] = tuple(c for c in state.concerns if not c.rule_id.startswith(unseen))
    return state.with_checked(**cleared)


def _unseen_rules(state: AssetState, hidden: frozenset[str], visibility: Visibility) -> tuple[str, ...]:
    """Rules whose concerns would tell the reader of providers that are not its business."""
    if "market" in hidden:
        return _MARKET_RULES
    # While a rival claims the asset, its contracts are among those that stacking and primacy speak of.
    if visibility.only_providers is None:
        return ()
    return _SERVICE_RULES if any(c.rule_id == SECOND_CLAIM for c in state.concerns) else ()


def tellable(concerns: Sequence[Concern]) -> tuple[Concern, ...]:
    """What a sender may be told of an asset that two providers claim: that they do, not what either has sold."""
    contested = any(c.rule_id == SECOND_CLAIM for c in concerns)
    return tuple(c for c in concerns if not (contested and c.rule_id.startswith(_SERVICE_RULES)))


def changes_seen(
    changed_fields: Sequence[str], state: AssetState, visibility: Visibility, today: date
) -> tuple[str, ...]:
    """Those of a version's changed fields that may be seen: that a hidden field has changed is hidden as well."""
    hidden = _hidden(state, visibility, today)
    if hidden.isdisjoint(changed_fields):
        return tuple(changed_fields)
    return tuple([name for name in changed_fields if name not in hidden])


def _hidden(state: AssetState, visibility: Visibility, today: date) -> frozenset[str]:
    hidden = visibility.hidden
    if visibility.hidden_after_months:
        months = (today - state.effective_from).days / DAYS_A_MONTH
        hidden |= {name for name, after in visibility.hidden_after_months.items() if months > after}
    return hidden | _MARKET_FIELDS if "market" in hidden or not _is_theirs(state, visibility) else hidden


def _is_theirs(state: AssetState, visibility: Visibility) -> bool:
    only = visibility.only_providers
    return only is None or (state.market is not None and state.market.fsp in only)


def _cleared(state: AssetState, hidden: frozenset[str]) -> dict[str, Any]:
    """What stands in the place of hidden fields."""
    whole, parts = _in_shapes(hidden)
    cleared: dict[str, Any] = {name: () if isinstance(getattr(state, name), tuple) else None for name in whole}
    for outer, nothing in parts.items():
        part = getattr(state, outer)
        if part is not None:
            cleared[outer] = part.with_checked(**nothing)
    return cleared


@lru_cache(64)
def _in_shapes(hidden: frozenset[str]) -> tuple[frozenset[str], dict[str, dict[str, None]]]:
    """Which fields are hidden whole, and what stands in the place of those within others."""
    whole = frozenset(name for name in hidden if "." not in name)
    parts: dict[str, dict[str, None]] = {}
    for outer, _, inner in (name.partition(".") for name in hidden - whole):
        if outer not in whole:
            parts.setdefault(outer, {})[inner] = None
    return whole, parts
