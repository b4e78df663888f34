"""The sighting that the claims of one source under one reference add up to."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from hub.clock import london_date
from hub.rules.claims import Claim, Told, fold
from hub.rules.matching.asset_id import own_id
from hub.rules.matching.policy import Policy
from hub.rules.matching.reading import Particulars, sighting
from hub.rules.matching.sighting import Key, Sighting
from schemas.identifiers import is_null
from schemas.reference import sources


def sighting_of(claims: Sequence[Claim], policy: Policy, received_at: datetime) -> Sighting | None:
    """Nothing while none of the claims is a commissioning notice: the others wait for it.

    `received_at` is when the hub had what made it a sighting; its own id begins with that.
    """
    told = fold(list(claims))
    if told.commissioned is None:
        return None
    reference = told.latest.reference
    said_on = min(claim.notification.occurred_at for claim in claims)
    return sighting(reference, own_id(reference, received_at), london_date(said_on), _particulars(told), policy)


def _particulars(told: Told) -> Particulars:
    facts = told.facts
    place = facts.get("location")
    found = told.resolution
    job = facts.get("job_reference")
    capacity, storage = facts.get("rated_capacity_kw"), facts.get("storage_energy_kwh")
    return Particulars(
        category=facts.get("asset_category"),
        manufacturer=facts.get("manufacturer"),
        model=facts.get("model"),
        serial_number=facts.get("serial_number"),
        capacity_kw=None if capacity is None else float(capacity),
        storage_kwh=None if storage is None else float(storage),
        phases=facts.get("phases"),
        commissioned_on=facts.get("commissioning_date"),
        removed_on=told.removed.effective_from if told.removed else None,
        devices=frozenset(_named(told, "device", "vehicle")),
        gateways=frozenset(value for _, _, value in _named(told, "gateway")),
        import_mpan=(found and found.import_mpan) or (place and place.import_mpan),
        export_mpan=(found and found.export_mpan) or (place and place.export_mpan),
        uprn=place and place.uprn,
        address_line=place and place.address_line,
        postcode=place and place.postcode,
        source_kind=told.source_kind,
        form=None if job is None or is_null(job) else f"{told.source} {job}",
    )


def _named(told: Told, *kinds: str) -> Iterator[Key]:
    """External ids whose scheme names such a thing. One that is not known is taken for a device's name."""
    schemes = sources.external_id_schemes()
    for external in told.facts.get("external_ids", ()):
        scheme = schemes.get(external.scheme)
        if (scheme.names if scheme else "device") in kinds:
            yield (f"external:{external.scheme}", external.issuer or told.source, external.value)
