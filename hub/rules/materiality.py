"""Whether a change of an asset is material: who is told, and what has to be looked at again (SUC-02.03)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from schemas.asset import MarketClaim, Shape
from schemas.outbound import AssetState, Place
from schemas.reference import materiality as reference
from schemas.reference.materiality import FieldRule


class FollowUp(StrEnum):
    """What a change asks for."""

    NOTHING = "NOTHING"
    REASSESS = "REASSESS"
    REPLACEMENT = "REPLACEMENT"
    REVALIDATE_METER_POINT = "REVALIDATE_METER_POINT"


# How the asset is kept, or what its own rules say of it: no fact about the device or its place.
_OWN = frozenset({"asset_id", "version", "concerns", "sources", "dedupe", "place", "market"})
_FIELDS = tuple(name for name in AssetState.model_fields if name not in _OWN)
_PLACE = tuple(Place.model_fields)
_WORDS = {
    "rated_capacity_kw": "rated capacity",
    "generation_capacity_kw": "generation capacity",
    "demand_capacity_kw": "demand capacity",
    "installed_capacity_kw": "installed capacity",
    "storage_energy_kwh": "storage capacity",
    "demand_tech_type": "kind of demand",
    "external_ids": "identifiers",
    "place.import_mpan": "import meter point",
    "place.export_mpan": "export meter point",
    "place.uprn": "property",
    "place.address_line": "address",
    "place.postcode": "postcode",
    "place.dno_code": "network operator as told",
    "place.distributor_id": "network operator",
    "place.host_distributor_id": "host network operator",
    "place.gsp_group": "grid supply point group",
    "market": "provider and its services",
    "mpan_resolution": "certainty of the meter point",
    "operators": "network operators concerned",
    "decommissioned_on": "day of removal",
}
_ASKED = {
    FollowUp.NOTHING: "",
    FollowUp.REASSESS: "; whoever has qualified it may have to look at it again",
    FollowUp.REPLACEMENT: "; that is another device in its place, and what it had qualified for is looked at again",
    FollowUp.REVALIDATE_METER_POINT: "; its meter point is checked anew",
}


@dataclass(frozen=True)
class FieldChange:
    """One changed field: whether that is material, what it asks for, and why in words without the values."""

    field: str
    material: bool
    follow_up: FollowUp
    tell: bool
    reason: str


@dataclass(frozen=True)
class Materiality:
    """All changed fields, those that are material first."""

    changes: tuple[FieldChange, ...]

    @property
    def material(self) -> bool:
        return any(change.material for change in self.changes)

    @property
    def tell(self) -> bool:
        """Whether operators and whoever has qualified the asset are to be told of it as a material change."""
        return any(change.material and change.tell for change in self.changes)

    @property
    def follow_ups(self) -> frozenset[FollowUp]:
        return frozenset(c.follow_up for c in self.changes if c.material) - {FollowUp.NOTHING}

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(change.reason for change in self.changes)


def assess(baseline: AssetState, now: AssetState, on: date) -> Materiality:
    """What has changed since `baseline`, by the table as of `on`.

    The baseline is the last version that was told as material, not the one before: many small steps are a large one.
    """
    found = [
        _change(reference.rule(name, on), name, before, after) for name, before, after in _differences(baseline, now)
    ]
    return Materiality(tuple(sorted(found, key=lambda change: (not change.material, change.field))))


def _differences(baseline: AssetState, now: AssetState) -> Iterator[tuple[str, Any, Any]]:
    """Fields that are others, each as it was and as it is; those of the place with a dot."""
    yield from _unlike(baseline, now, _FIELDS)
    if baseline.place is not now.place:
        yield from ((f"place.{name}", *values) for name, *values in _unlike(baseline.place, now.place, _PLACE))
    if baseline.market is not now.market:
        before, after = _services(baseline), _services(now)
        if before != after:
            yield "market", before, after


def _unlike(one: Shape, other: Shape, names: tuple[str, ...]) -> Iterator[tuple[str, Any, Any]]:
    before, after = vars(one), vars(other)
    for name in names:
        was, is_now = before[name], after[name]
        if was is not is_now and was != is_now:
            yield name, was, is_now


def _services(state: AssetState) -> MarketClaim | None:
    """The claim to the market, without the name of the consent behind it."""
    return state.market and state.market.with_checked(consent_reference=None)


def _change(rule: FieldRule, field: str, before: Any, after: Any) -> FieldChange:
    words = _WORDS.get(field, field.removeprefix("place.").replace("_", " "))
    material, how = _measured(rule, before, after)
    follow_up = FollowUp(rule.follow_up) if material else FollowUp.NOTHING
    if follow_up is FollowUp.REPLACEMENT and before is None:
        # A serial number that was not known before is no other device.
        follow_up, how = FollowUp.NOTHING, "was not known before"
    reason = f"The {words} {how}{_ASKED[follow_up]}."
    return FieldChange(field, material, follow_up, rule.tell, reason)


def _measured(rule: FieldRule, before: Any, after: Any) -> tuple[bool, str]:
    if rule.measure == "never":
        return False, "has changed, which does not matter to others"
    if before is None or after is None or rule.threshold is None:
        return True, "is not known any more" if after is None else "has changed"
    return _by_amount(rule, rule.threshold, Decimal(before), Decimal(after))


def _by_amount(rule: FieldRule, threshold: Decimal, before: Decimal, after: Decimal) -> tuple[bool, str]:
    change = abs(after - before)
    limit = threshold * abs(before) if rule.measure == "share" else threshold
    allowed = f"{threshold * 100:.0f} %" if rule.measure == "share" else f"{threshold}"
    if change > limit:
        return True, f"has changed by more than {allowed}"
    return False, f"has changed by no more than {allowed}"
