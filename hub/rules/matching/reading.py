"""From what was written to what is compared: one sighting from the raw values of its fields."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from hub.rules.matching.listed import site_keys, site_words
from hub.rules.matching.policy import Policy
from hub.rules.matching.sighting import Facts, Sighting, SightingId
from schemas.home_addresses import address_key
from schemas.identifiers import canonical_postcode, canonical_uprn, normalise_serial, parse_mpan
from schemas.maker_names import is_known_maker, oem_id
from schemas.reference import categories
from schemas.vocabulary import AssetCategory


@dataclass(frozen=True, kw_only=True)
class Particulars(Facts):
    """The fields of a device as its source wrote them."""

    category: AssetCategory | None = None
    manufacturer: str | None = None
    serial_number: str | None = field(default=None, repr=False)
    address_line: str | None = field(default=None, repr=False)
    source_kind: str | None = None


def sighting(sighting_id: SightingId, own_id: UUID, said_on: date, told: Particulars, policy: Policy) -> Sighting:
    """What was told, in the form in which it is compared; what is unusable is absent."""
    maker = _maker(told)
    serial = normalise_serial(told.serial_number).normal
    named = told.manufacturer or told.model or serial or told.devices or told.gateways or told.uprn
    listed = told.source_kind in policy.lists and not named
    return Sighting(
        id=sighting_id,
        own_id=own_id,
        category=told.category,
        group=_group(told.category),
        said_on=said_on,
        maker=maker,
        model=told.model,
        serial=serial if serial is not None and len(serial) >= policy.shortest_serial else None,
        capacity_kw=told.capacity_kw,
        storage_kwh=told.storage_kwh or None,
        phases=told.phases,
        commissioned_on=told.commissioned_on,
        removed_on=told.removed_on,
        devices=told.devices,
        gateways=told.gateways,
        import_mpan=parse_mpan(told.import_mpan).core,
        export_mpan=parse_mpan(told.export_mpan).core,
        uprn=canonical_uprn(told.uprn).value,
        address=address_key(told.address_line, told.postcode),
        postcode=canonical_postcode(told.postcode).canonical,
        form=told.form,
        sites=site_keys(told.address_line, told.postcode) if listed else (),
        words=site_words(told.address_line) if listed else frozenset(),
    )


def _maker(told: Particulars) -> str | None:
    """The maker that was told, or whose model it is; nobody where the two contradict each other."""
    named, by_model = oem_id(told.manufacturer), _maker_of_model(told.model)
    return None if named and by_model and named != by_model else named or by_model


def _maker_of_model(model: str | None) -> str | None:
    """Whose model it is, if only one maker has it."""
    maker = oem_id(model)
    return maker if is_known_maker(maker) else None


def _group(category: AssetCategory | None) -> str | None:
    """Nothing for a category that may be any device."""
    group = categories.category_groups().get(category) if category is not None else None
    return None if group == categories.ANY else group
