"""The hub's MQTT door with an intake that never comes to an answer: it takes messages and acknowledges none."""

import asyncio
import sys
from collections.abc import Sequence
from typing import cast

from connectors.admission import Arrival
from connectors.answers import Answer
from connectors.intake import Intake
from connectors.mqtt import MqttDoor
from hub import log
from schemas.vocabulary import Door


class StuckIntake:
    async def accept(self, _: Door, arrivals: Sequence[Arrival], *, through_broker: bool = False) -> list[Answer]:
        print(len(arrivals), flush=True)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets the event")


if __name__ == "__main__":
    log.configure("error", "mqtt")
    asyncio.run(MqttDoor(sys.argv[1], cast(Intake, StuckIntake())).run())
