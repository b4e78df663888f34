"""Is this the journal that the database was fed from?

Watermarks are offsets. Over another journal they would drop new messages as done, without a word.
"""

from collections.abc import Mapping

from hub import kafka
from hub.errors import JournalChanged
from hub.kafka import Extent
from registry_store import journal_progress
from registry_store.engine import Engine, transaction
from schemas import topics

_DO = (
    "point HUB_KAFKA at the cluster of before or restore its log; for a new journal take a new database with"
    " HUB_DATABASE or a new data folder"
)


async def check(engine: Engine, bootstrap: str) -> None:
    """Raises `JournalChanged` where cluster or topic are others than before; notes the cluster the first time."""
    new = await confirm(engine, bootstrap)
    if new is not None:
        async with transaction(engine) as connection:
            await journal_progress.note_cluster(connection, new)


async def confirm(engine: Engine, bootstrap: str) -> str | None:
    """The same without a change to the database; gives the cluster where none is noted yet."""
    present = await kafka.cluster_id(bootstrap)
    async with transaction(engine) as connection:
        known = await journal_progress.cluster(connection)
        done = await journal_progress.watermarks(connection)
    # Asked after the watermarks: other workers raise them meanwhile, and the journal only grows.
    extents = await kafka.extents(bootstrap, *topics.JOURNAL)
    held = {topics.journal_number(*at): extent for at, extent in extents.items()}
    if known is None:
        if any(extent.end for extent in held.values()):
            raise JournalChanged(f"the journal holds messages that this database knows nothing of: {_DO}")
        return present
    if known != present:
        raise JournalChanged(f"the database belongs to the journal of another Kafka cluster: {_DO}")
    begin_at({topics.journal_number(*at): last for at, last in done.items()}, held)
    return None


def begin_at(done: Mapping[int, int], held: Mapping[int, Extent]) -> dict[int, int]:
    """The offset at which each partition of the journal goes on, after the last that is done (-1 for none), all by
    their numbers (`topics.journal_number`). Kafka's own note of how far its readers are has no say in it: PostgreSQL
    may have been restored to an earlier time.

    Raises `JournalChanged` where the journal ends before that offset, or begins after it.
    """
    if beyond := sorted(number for number, last in done.items() if number not in held or last >= held[number].end):
        raise JournalChanged(f"the journal is shorter than what was registered from it (partitions {beyond}): {_DO}")
    if missing := sorted(number for number, extent in held.items() if extent.first > done.get(number, -1) + 1):
        first = missing[0]
        raise JournalChanged(
            f"accepted messages are no longer in the journal and were never registered (partitions {missing}; of"
            f" partition {first} offsets {done.get(first, -1) + 1} to {held[first].first - 1}): bring that part of"
            f" {topics.journal_partition(first)[0]} back from a copy or restore a later backup of PostgreSQL, and set"
            " the topic's retention.ms to -1; nothing is registered until then"
        )
    return {number: done.get(number, -1) + 1 for number in held}
