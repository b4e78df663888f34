"""Notifications as tests tell them: a sound one in a line, with what the test is about as keyword arguments."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.asset import MarketClaim, ServiceClaim
from schemas.findings import ClockRan
from schemas.notifications import AssetCommissioned, AssetDecommissioned, AssetDeregistered, AssetUpdated
from schemas.vocabulary import AssetCategory, ClockKind, ConnectionStatus, DeregistrationGround, Direction
from tests.support.people import CONSENT
from tests.support.premises import HOUSE

T0 = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
"""The present, wherever a test does not say otherwise."""
YESTERDAY = T0 - timedelta(days=1)
COMMISSIONED_ON = date(2026, 4, 20)


def a_battery(sender: str = "installer-1", ref: str = "battery-1", **told: Any) -> AssetCommissioned:
    """A home battery, commissioned at the house; nothing is said of maker or serial."""
    facts: dict[str, Any] = {
        "sender": sender,
        "sender_asset_ref": ref,
        "occurred_at": YESTERDAY,
        "asset_category": AssetCategory.BESS,
        "rated_capacity_kw": Decimal("5.00"),
        "connection_status": ConnectionStatus.CONNECTED,
        "commissioning_date": COMMISSIONED_ON,
        "effective_from": COMMISSIONED_ON,
        "location": HOUSE.location(),
    }
    return AssetCommissioned(**(facts | told))


def a_device(
    sender: str = "installer-1", ref: str = "battery-1", serial: str = "SN-0012345", **told: Any
) -> AssetCommissioned:
    """A battery whose maker and serial are known, so that others may tell of the same one."""
    return a_battery(sender, ref, **({"manufacturer": "Sample Power Ltd", "serial_number": serial} | told))


def an_update(sender: str = "installer-1", ref: str = "battery-1", **told: Any) -> AssetUpdated:
    facts: dict[str, Any] = {
        "sender": sender,
        "sender_asset_ref": ref,
        "occurred_at": YESTERDAY + timedelta(hours=1),
        "effective_from": COMMISSIONED_ON,
    }
    return AssetUpdated(**(facts | told))


def a_removal(sender: str = "installer-1", ref: str = "battery-1", **told: Any) -> AssetDecommissioned:
    facts: dict[str, Any] = {
        "sender": sender,
        "sender_asset_ref": ref,
        "occurred_at": YESTERDAY + timedelta(hours=2),
        "effective_from": date(2026, 4, 30),
    }
    return AssetDecommissioned(**(facts | told))


def a_deregistration(sender: str = "fsp-1", ref: str = "battery-1", **told: Any) -> AssetDeregistered:
    facts: dict[str, Any] = {
        "sender": sender,
        "sender_asset_ref": ref,
        "occurred_at": YESTERDAY + timedelta(hours=3),
        "effective_from": date(2026, 4, 30),
        "ground": DeregistrationGround.NO_LONGER_FLEXIBLE,
    }
    return AssetDeregistered(**(facts | told))


def a_clock(source: str = "oem-1", ref: str = "battery-1", **told: Any) -> ClockRan:
    """What the hub says of itself once a day has passed."""
    facts: dict[str, Any] = {
        "sender": "hub",
        "about_source": source,
        "sender_asset_ref": ref,
        "occurred_at": T0,
        "kind": ClockKind.COMMISSIONING_NOTICE,
        "due_on": date(2026, 5, 18),
    }
    return ClockRan(**(facts | told))


def a_claim(fsp: str = "fsp-1", consent: str | None = CONSENT, *services: ServiceClaim) -> MarketClaim:
    return MarketClaim(fsp=fsp, consent_reference=consent, services=services)


def a_service(product: str = "DC", procurer: str = "NESO", **told: Any) -> ServiceClaim:
    facts: dict[str, Any] = {
        "direction": Direction.GENERATION_UP,
        "starts": T0,
        "ends": T0 + timedelta(days=30),
    }
    return ServiceClaim(product_code=product, procurer=procurer, **(facts | told))
