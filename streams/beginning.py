"""Where a worker goes on in the journal: after PostgreSQL's watermark."""

from collections.abc import Awaitable, Callable, Mapping

from aiokafka.errors import KafkaError

from hub.errors import Unavailable
from hub.kafka import Extent
from hub.services import journal_identity
from registry_store import journal_progress
from registry_store.engine import Engine, transaction
from schemas import topics


async def beginning(engine: Engine, held: Callable[[], Awaitable[Mapping[int, Extent]]]) -> dict[int, int]:
    """The next offset of each journal partition, by its number, of which `held` says what Kafka has.

    Raises `JournalChanged`, `Unavailable`.
    """
    async with transaction(engine) as connection:
        done = await journal_progress.watermarks(connection)
    # Asked after the watermarks: other workers raise them meanwhile, and the journal only grows.
    try:
        extents = await held()
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    return journal_identity.begin_at({n: done.get(topics.journal_partition(n), -1) for n in extents}, extents)
