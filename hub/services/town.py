"""Fills the stand-in registers (meter points, consents) that the simulators' town is known by."""

from collections.abc import Sequence

from hub import clock
from registry_store import meter_points, participants
from registry_store.engine import Engine, transaction
from schemas.participants import Consent
from schemas.records import ConsentRow, StatedMeterPoint

CHUNK = 5000


async def lay_out(engine: Engine, points: Sequence[StatedMeterPoint], consents: Sequence[Consent]) -> None:
    """Adds meter points and consents; what is known otherwise is superseded."""
    for start in range(0, len(points), CHUNK):
        async with transaction(engine) as connection:
            await meter_points.put(connection, points[start : start + CHUNK], clock.now())
    async with transaction(engine) as connection:
        await participants.put(connection, consents=[ConsentRow.model_validate(c) for c in consents])
