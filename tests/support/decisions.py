"""Decisions of people, as tests tell them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from schemas.decisions import IdentityDecided, IdentityVerdict, MeterPointDecided, Named
from tests.support.notifications import YESTERDAY


def named(device: tuple[str, str] | UUID, version: int | None = None) -> Named:
    """A device by source and reference, or by its asset id."""
    if isinstance(device, UUID):
        return Named(asset_id=device, expected_version=version)
    source, reference = device
    return Named(source=source, sender_asset_ref=reference, expected_version=version)


def a_ruling(
    one: tuple[str, str] | UUID | Named,
    other: tuple[str, str] | UUID | Named,
    verdict: IdentityVerdict = IdentityVerdict.SAME,
    sender: str = "admin",
    after: int = 60,
    **told: Any,
) -> IdentityDecided:
    """That two devices are one or are not, decided so many minutes after yesterday's news."""
    facts: dict[str, Any] = {
        "sender": sender,
        "occurred_at": YESTERDAY + timedelta(minutes=after),
        "one": one if isinstance(one, Named) else named(one),
        "other": other if isinstance(other, Named) else named(other),
        "verdict": verdict,
        "reason": "Looked at both labels on site.",
    }
    return IdentityDecided(**(facts | told))


def a_word(
    device: tuple[str, str] | UUID | Named, mpan: str, sender: str = "eastern", after: int = 60, **told: Any
) -> MeterPointDecided:
    """That a device is at a meter point, named by its network operator."""
    facts: dict[str, Any] = {
        "sender": sender,
        "occurred_at": YESTERDAY + timedelta(minutes=after),
        "asset": device if isinstance(device, Named) else named(device),
        "import_mpan": mpan,
        "reason": "Found it on the connection drawing.",
    }
    return MeterPointDecided(**(facts | told))
