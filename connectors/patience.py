"""For doors behind a broker: nobody waits for a 503 there, so that what was not taken is tried again until it is."""

import asyncio
from collections.abc import Sequence

from connectors.admission import Arrival
from connectors.answers import Answer
from connectors.intake import Intake
from schemas.vocabulary import Door

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 5.0


async def accept_all(
    intake: Intake, door: Door, arrivals: Sequence[Arrival], *, through_broker: bool = False
) -> list[Answer]:
    """A final answer for each arrival, however long it takes. The caller acknowledges none before."""
    found: dict[int, Answer] = {}
    left = list(range(len(arrivals)))
    wait = FIRST_WAIT_SECONDS
    while left:
        given = await intake.accept(door, [arrivals[i] for i in left], through_broker=through_broker)
        found |= {i: answer for i, answer in zip(left, given, strict=True) if answer.final}
        left = [i for i in left if i not in found]
        if left:
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
    return [found[i] for i in range(len(arrivals))]
