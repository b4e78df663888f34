"""A worker that a message kills, run again and again as a supervisor would: `python -m tests.streams.dying URL SEED`.

Prints the exit status of each run, the last of which is 0, or gives up after twenty.
"""

import asyncio
import json
import os
import random
import sys

from hub.services import journal_identity
from hub.services.registration import resolve
from hub.services.registration.entry import JournalEntry
from hub.settings import Settings
from registry_store.engine import Engine
from schemas.asset import Location
from streams.guard import Guard
from streams.records import JournalRecord
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import a_battery

DEADLY = "kills the interpreter"
KILLED = 9
COUNT = 12
DEADLY_AT = 7
MOST_RUNS = 20


def records() -> list[JournalRecord]:
    """A partition of good messages and a deadly one."""
    builder = JournalBuilder(partitions=1)
    told = [a_battery(ref=f"b{n}", asset_name=DEADLY if n == DEADLY_AT else None) for n in range(COUNT)]
    return [builder.record(n, message_id(f"dying-{i}")) for i, n in enumerate(told)]


async def the_journal_is_the_one_of_before(engine: Engine, bootstrap: str) -> None:
    """There is no Kafka here to ask."""


def die_of_it() -> None:
    """From now on the deadly message ends the process where it is handled, without a word."""
    usual = resolve._location

    def deadly(entry: JournalEntry) -> Location | None:
        if getattr(entry.notification, "asset_name", None) == DEADLY:
            os._exit(KILLED)
        return usual(entry)

    resolve._location = deadly


async def work(url: str, seed: int) -> None:
    """One run: the journal from its beginning, cut into batches as chance has it."""
    guard = Guard(Settings(database=url))
    following = asyncio.create_task(guard.start())
    left, chance = records(), random.Random(seed)
    while left:
        cut = chance.randint(1, 8)
        await guard.handle(left[:cut])
        left = left[cut:]
    following.cancel()


def main(url: str, seed: int) -> None:
    die_of_it()
    journal_identity.check = the_journal_is_the_one_of_before
    statuses: list[int] = []
    while len(statuses) < MOST_RUNS and 0 not in statuses:
        child = os.fork()
        if child == 0:
            asyncio.run(work(url, seed + len(statuses)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        statuses.append(os.waitstatus_to_exitcode(status))
    print(json.dumps(statuses))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
