"""Fills the stand-in registers (meter points, consents) that the simulators' town is known by."""

from collections.abc import Sequence
from datetime import datetime

from hub.services.audit import membership
from hub.services.audit.membership import Members
from registry_store import meter_points
from registry_store.engine import Engine, transaction
from schemas.participants import Consent
from schemas.records.meter_points import StatedMeterPoint
from schemas.records.participants import ConsentRow

CHUNK = 5000


async def lay_out(
    engine: Engine, points: Sequence[StatedMeterPoint], consents: Sequence[Consent], by: str, now: datetime
) -> None:
    """Adds meter points, superseding what is known otherwise, and consents; those as given `by` somebody, for the
    audit log."""
    for start in range(0, len(points), CHUNK):
        async with transaction(engine) as connection:
            await meter_points.put(connection, points[start : start + CHUNK], now)
    rows = [ConsentRow.model_validate(c) for c in consents]
    for start in range(0, len(rows), CHUNK):
        async with transaction(engine) as connection:
            await membership.put(connection, Members(consents=rows[start : start + CHUNK]), by, now)
