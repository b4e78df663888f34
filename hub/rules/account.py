"""What the claims about an asset add up to, before anything is made of it.

A function of the claims alone: in whatever order they arrived, the same claims give the same account.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from hub.rules import lifecycle, market_registration, meter_point_words, removal, routing, survivorship
from hub.rules.claims import Claim, Told, by_reference, fold
from hub.rules.lifecycle import LifecycleFacts
from hub.rules.meter_point_facts import Resolution
from hub.rules.meter_point_words import Word
from schemas.asset import DeviceFacts
from schemas.identifiers import canonical_postcode, canonical_uprn, is_null
from schemas.outbound import AssetState, Place
from schemas.vocabulary import AssetStatus, ConsentStatus, MpanResolution

_NOWHERE = Resolution(MpanResolution.NOT_FOUND)
_STATED = (*(name for name in DeviceFacts.model_fields if name != "external_ids"), "effective_from")


@dataclass(frozen=True)
class Account:
    """What the claims about an asset add up to, before anything is made of it: its `state` is not judged yet.

    `registered` are the tellers whose registration for the market stands, `controlling` the one of them in control.
    `routes` are the network operators that it concerns, each with the basis.
    """

    claims: tuple[Claim, ...]
    told: tuple[Told, ...]
    resolution: Resolution
    registered: tuple[Told, ...]
    controlling: Told | None
    lifecycle: LifecycleFacts
    state: AssetState
    routes: dict[str, str]


def account(
    asset_id: UUID, claims: Sequence[Claim], gone: frozenset[str] = frozenset(), words: Sequence[Word] = ()
) -> Account:
    """What the claims add up to; `gone` are providers that have left the register, `words` what people with the right
    to it have said of its meter points."""
    groups = by_reference(claims)
    told = tuple(fold(group) for group in groups)
    registrations = tuple(r for group in groups if (r := market_registration.of(group)) is not None)
    resolution = meter_point_words.settled(_resolution(told), tuple(meter_point_words.counting(words, told)))
    place = _place_told(told)
    removed_on = removal.removed_on(told)
    facts = LifecycleFacts(
        registrations,
        resolution.outcome,
        removed=removed_on is not None,
        # The register knows no market units yet, so that none holds up the end of a registration.
        active_unit=False,
        gone=gone,
    )
    registered = tuple(t for t in told if t.claimed and _is_registered(t, facts))
    controlling = _controlling(told, facts)
    routes: dict[str, str] = {r.code: r.basis for r in routing.operators_for(resolution, place.get("dno_code"))}
    state = AssetState.of_checked(
        **survivorship.survivors(_STATED, told),
        external_ids=_external_ids(told),
        asset_id=asset_id,
        version=1,
        status=AssetStatus.NOTIFIED,
        mpan_resolution=resolution.outcome,
        place=_place(resolution, place),
        decommissioned_on=removed_on,
        deregistered_on=lifecycle.deregistered_on(facts),
        operators=tuple(sorted(code for code in routes if code != "NESO")),
        market=controlling.facts["market"] if controlling else None,
        consent=_consent(registered, controlling),
        sources=tuple(sorted({t.source for t in told})),
    )
    return Account(tuple(claims), told, resolution, registered, controlling, facts, state, routes)


def _resolution(told: Sequence[Told]) -> Resolution:
    """The surest resolution; a direction that it lacks is filled from the next. Two numbers for one are a conflict."""
    found = [t.resolution for t in survivorship.by_belief("location", told) if t.resolution is not None]
    if not found:
        return _NOWHERE
    best, *others = sorted(found, key=lambda r: (_GRAVITY.index(r.outcome), not (r.import_mpan or r.export_mpan)))
    for other in others:
        best = _filled(best, other)
    return best


# The surest first.
_GRAVITY = (
    MpanResolution.SUPPLIED_VERIFIED,
    MpanResolution.RESOLVED_EXACT,
    MpanResolution.PENDING_EXPORT_MPAN,
    MpanResolution.RESOLVED_PROBABLE,
    MpanResolution.CONFLICT,
    MpanResolution.NOT_FOUND,
    MpanResolution.AMBIGUOUS,
    MpanResolution.INVALID_FORMAT,
)


def _filled(best: Resolution, other: Resolution) -> Resolution:
    merged = replace(
        best,
        import_mpan=best.import_mpan or other.import_mpan,
        export_mpan=best.export_mpan or other.export_mpan,
        distributor_id=best.distributor_id or other.distributor_id,
        host_distributor_id=best.host_distributor_id or other.host_distributor_id,
        gsp_group=best.gsp_group or other.gsp_group,
        network=best.network if best.network.basis is not None else other.network,
        region=best.region or other.region,
    )
    if _two_numbers(best.import_mpan, other.import_mpan) or _two_numbers(best.export_mpan, other.export_mpan):
        reason = "Two sources give different meter points for this asset; neither is overwritten."
        return replace(merged, outcome=MpanResolution.CONFLICT, needs_query=True, reasons=(*best.reasons, reason))
    if best.outcome is MpanResolution.PENDING_EXPORT_MPAN and merged.export_mpan and best.import_outcome:
        return replace(merged, outcome=best.import_outcome)
    return merged


def _two_numbers(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _place_told(told: Sequence[Told]) -> dict[str, Any]:
    """Each part of the place from the most believed source that tells it."""
    parts: dict[str, Any] = {}
    for t in reversed(survivorship.by_belief("location", told)):
        if (place := t.facts.get("location")) is not None:
            parts |= {name: v for name, v in vars(place).items() if v is not None and not is_null(v)}
    return parts


def _place(resolution: Resolution, told: dict[str, Any]) -> Place:
    return Place.of_checked(
        import_mpan=resolution.import_mpan,
        export_mpan=resolution.export_mpan,
        uprn=canonical_uprn(told.get("uprn")).value,
        address_line=told.get("address_line"),
        postcode=canonical_postcode(told.get("postcode")).canonical,
        meter_serial=told.get("meter_serial"),
        dno_code=told.get("dno_code"),
        distributor_id=resolution.distributor_id,
        host_distributor_id=resolution.host_distributor_id,
        gsp_group=resolution.gsp_group,
        grid_supply_point=_fed_from(resolution, told, "grid_supply_point"),
        bulk_supply_point=_fed_from(resolution, told, "bulk_supply_point"),
        primary_substation=_fed_from(resolution, told, "primary_substation"),
    )


def _fed_from(resolution: Resolution, told: dict[str, Any], level: str) -> str | None:
    """What the network's own records say of the place goes before what a sender wrote."""
    site = getattr(resolution.network, level)
    return site.label if site is not None else told.get(level)


def _external_ids(told: Sequence[Told]) -> tuple[Any, ...]:
    """What every source calls the asset; the issuer is made plain, since the sources differ."""
    found = {
        e if e.issuer else e.with_checked(issuer=t.source): None for t in told for e in t.facts.get("external_ids", ())
    }
    return tuple(sorted(found, key=lambda e: (e.scheme, e.issuer, e.value)))


def _controlling(told: Sequence[Told], facts: LifecycleFacts) -> Told | None:
    """The teller in control. A later claim by another provider never takes control by itself; people decide that."""
    found = lifecycle.controlling(facts)
    if found is None:
        return None
    return next(t for t in told if t.latest.reference == (found.provider, found.sender_asset_ref))


def _is_registered(told: Told, facts: LifecycleFacts) -> bool:
    return any(
        (r.provider, r.sender_asset_ref) == told.latest.reference and not lifecycle.is_over(r, facts)
        for r in facts.registrations
    )


def _consent(registered: Sequence[Told], controlling: Told | None) -> ConsentStatus | None:
    """That of the provider in control, or why nobody is."""
    claimed = [controlling] if controlling else registered
    return next((t.claimed.permission.status for t in claimed if t.claimed and t.claimed.permission), None)
