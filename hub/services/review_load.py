"""How much waits for people, since when, and how fast it is decided, as gauges."""

from datetime import datetime, timedelta

from hub import metrics
from hub.rules.review_items import ReviewKind
from registry_store import review_items
from registry_store.engine import Connection


async def measure(connection: Connection, now: datetime) -> None:
    """Sets the gauges of the queue; a kind of which nothing is open has age 0."""
    waiting = {found.kind: found for found in await review_items.waiting(connection)}
    for kind in ReviewKind:
        found = waiting.get(kind)
        metrics.REVIEW_OPEN.labels(kind=kind).set(found.count if found else 0)
        metrics.REVIEW_OLDEST.labels(kind=kind).set((now - found.oldest).total_seconds() if found else 0)
    metrics.REVIEW_DECIDED.set(await review_items.decided_since(connection, now - timedelta(days=1)))
