"""The message in which the hub tells itself that a clock has run out: the same one however often it is made."""

import base64
import hashlib

from hub.rules.forms.clocks import DueClock
from schemas.findings import ClockRan
from schemas.participants import HUB


def notification(source: str, sender_asset_ref: str, clock: DueClock) -> ClockRan:
    """What is said once a clock of a reference has run out. It happened when the day was over, not when it was seen."""
    return ClockRan(
        sender=HUB,
        about_source=source,
        sender_asset_ref=sender_asset_ref,
        occurred_at=clock.due_at,
        kind=clock.kind,
        due_on=clock.due_on,
    )


def message_id(ran: ClockRan) -> str:
    """One id for one running out, so that saying it twice has no second effect."""
    told = "\x1f".join((ran.about_source, ran.sender_asset_ref, ran.kind, ran.due_on.isoformat()))
    return base64.urlsafe_b64encode(hashlib.sha256(told.encode()).digest()).decode().rstrip("=")
