"""What each kind of teller knows of a home's device, as a notification.

An installer knows the place and the form, seldom every number. A maker's cloud knows serial and model, and of
the place little more than a postcode. A platform knows the meter points from the customer's bill.
"""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from schemas.asset import ExternalId, Location, MarketClaim, ServiceClaim
from schemas.notifications import AssetCommissioned, AssetUpdated
from schemas.participants import Consent
from schemas.reference import load
from schemas.vocabulary import AssetCategory, ConnectionStatus, Direction
from simulators import devices
from simulators.devices import Device
from simulators.town import Home

# How often an installer's form has each location key; address and postcode are always there.
MPAN_KNOWN = 0.75
UPRN_KNOWN = 0.4
METER_SERIAL_KNOWN = 0.3
OEM_ADDRESS_KNOWN = 0.3

EXPORTING = frozenset({AssetCategory.SOLAR_PV, AssetCategory.BESS, AssetCategory.V2G_CHARGER})
CONTRACT = (datetime(2027, 4, 1, tzinfo=UTC), datetime(2028, 4, 1, tzinfo=UTC))


def by_installer(home: Home, line: int, sender: str, *, bad_mpan: bool = False) -> AssetCommissioned:
    """One line of the form that an installer sends after the job."""
    dice = Random(f"form {sender} {home.job_reference} {line}")
    device, place = home.devices[line], home.premises
    worn = dice.random() < devices.PLACEHOLDER_SHARE
    mpan = place.import_mpan if bad_mpan or dice.random() < MPAN_KNOWN else None
    return AssetCommissioned(
        sender=sender,
        sender_asset_ref=f"{home.job_reference}-{line + 1}",
        occurred_at=home.told_at,
        effective_from=home.commissioned_on,
        connection_status=ConnectionStatus.CONNECTED,
        manufacturer=dice.choice(device.model.spellings),
        serial_number=devices.placeholder(dice) if worn else device.serial_number,
        installer_scheme="MCS",
        installer_scheme_no=f"NAP-{sum(sender.encode()) % 90000 + 10000}",
        job_reference=home.job_reference,
        line_number=line + 1,
        location=Location(
            import_mpan=_wrong_check_digit(place.import_mpan) if bad_mpan else mpan,
            uprn=place.uprn if dice.random() < UPRN_KNOWN else None,
            address_line=place.address_line,
            postcode=place.postcode,
            meter_serial=place.meter_serial if dice.random() < METER_SERIAL_KNOWN else None,
        ),
        commissioning_date=home.commissioned_on,
        **_ratings(device),
    )


def by_cloud(home: Home, line: int, sender: str) -> AssetCommissioned:
    """What a maker's cloud says when the device first comes online, some days after the job."""
    device, place = home.devices[line], home.premises
    dice = Random(f"cloud {sender} {home.number} {line}")
    identity = f"{dice.getrandbits(64):016x}"
    return AssetCommissioned(
        sender=sender,
        sender_asset_ref=f"device/{identity}",
        occurred_at=home.later(days=dice.randrange(1, 5)),
        source_seq=1,
        effective_from=home.commissioned_on,
        connection_status=ConnectionStatus.CONNECTED,
        manufacturer=device.model.maker,
        serial_number=device.serial_number,
        external_ids=(ExternalId(scheme="OEM_DEVICE", value=identity, issuer=sender),),
        location=Location(
            address_line=place.address_line if dice.random() < OEM_ADDRESS_KNOWN else None,
            postcode=place.postcode,
        ),
        commissioning_date=home.commissioned_on,
        **_ratings(device),
    )


def by_platform(home: Home, line: int, sender: str, consent: Consent, fsp: str) -> AssetCommissioned:
    """A provider's claim, told by the platform that speaks for it."""
    device, place = home.devices[line], home.premises
    return AssetCommissioned(
        sender=sender,
        on_behalf_of=fsp,
        sender_asset_ref=f"{fsp}/{home.number}/{line + 1}",
        occurred_at=home.later(days=20 if fsp == consent.fsp else 40),
        effective_from=home.commissioned_on,
        connection_status=ConnectionStatus.CONNECTED,
        manufacturer=device.model.maker,
        serial_number=device.serial_number,
        location=Location(
            import_mpan=place.import_mpan,
            export_mpan=place.export_mpan,
            uprn=place.uprn,
            postcode=place.postcode,
        ),
        commissioning_date=home.commissioned_on,
        market=MarketClaim(fsp=fsp, consent_reference=consent.reference, services=_services(home, device)),
        **_ratings(device),
    )


def later_fact(told: AssetCommissioned, home: Home, days: int) -> AssetUpdated:
    """A change of the device's rating that the same sender reports `days` after the job."""
    rated = told.rated_capacity_kw or Decimal(1)
    return AssetUpdated(
        sender=told.sender,
        on_behalf_of=told.on_behalf_of,
        sender_asset_ref=told.sender_asset_ref,
        occurred_at=home.later(days),
        source_seq=None if told.source_seq is None else told.source_seq + days,
        effective_from=home.later(days).date(),
        installed_capacity_kw=rated + Decimal(days) / 100,
    )


def _ratings(device: Device) -> dict[str, Any]:
    exports = device.model.category in EXPORTING
    imports = device.model.category is not AssetCategory.SOLAR_PV
    return {
        "asset_category": device.model.category,
        "model": device.model.name,
        "energy_source": device.energy_source,
        "demand_tech_type": device.demand_tech_type,
        "rated_capacity_kw": device.rated_kw,
        "generation_capacity_kw": device.rated_kw if exports else None,
        "demand_capacity_kw": device.rated_kw if imports else None,
        "storage_energy_kwh": device.storage_kwh,
        "phases": device.model.phases,
        "type_test_reference": device.model.type_test,
    }


def _services(home: Home, device: Device) -> tuple[ServiceClaim, ...]:
    """One contract for a product that suits the device, for about two homes in three."""
    fits = [fit for fit in load.product_fits() if device.model.category in fit.categories and "GB" in fit.areas]
    if not fits or home.number % 3 == 0:
        return ()
    fit = fits[home.number % len(fits)]
    starts, ends = CONTRACT
    return (
        ServiceClaim(
            product_code=fit.product_code,
            procurer=fit.procurer,
            direction=Direction(fit.direction),
            starts=starts,
            ends=ends,
            capacity_kw=device.rated_kw,
        ),
    )


def _wrong_check_digit(mpan: str) -> str:
    return f"{mpan[:-1]}{(int(mpan[-1]) + 1) % 10}"
