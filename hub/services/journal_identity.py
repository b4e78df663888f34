"""Is this the journal that the database was fed from?

Watermarks are offsets. Over another journal they would drop new messages as done, without a word.
"""

from hub import kafka
from hub.errors import JournalChanged
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
    ends = await kafka.topic_ends(bootstrap, topics.INTAKE)
    if known is None:
        if any(ends.values()):
            raise JournalChanged(f"the journal holds messages that this database knows nothing of: {_DO}")
        return present
    if known != present:
        raise JournalChanged(f"the database belongs to the journal of another Kafka cluster: {_DO}")
    if beyond := sorted(number for (_, number), last in done.items() if last >= ends.get(number, 0)):
        raise JournalChanged(f"the journal is shorter than what was registered from it (partitions {beyond}): {_DO}")
    return None
