"""Questions that only have the answer "none" in a register that agrees with itself. Each gives a count and examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas import topics

EXAMPLES = 5


@dataclass(frozen=True)
class Question:
    """A statement about the tables, and a query for the rows that break it."""

    check: str
    says: str
    query: str


QUESTIONS = (
    Question(
        "inbox and receipts",
        "every message that had its effect has a final receipt",
        "SELECT i.message_id AS it FROM inbox i LEFT JOIN receipt r"
        " ON (r.participant, r.message_id) = (i.sender, i.message_id) WHERE r.message_id IS NULL",
    ),
    Question(
        "claims and inbox",
        "every claim comes from a message that had its effect",
        "SELECT c.claim_id::text AS it FROM source_claim c LEFT JOIN inbox i"
        " ON (i.sender, i.message_id) = (c.sender, c.message_id) WHERE i.message_id IS NULL",
    ),
    Question(
        "register and sightings",
        "every asset is what some sighting tells of or has turned out to be another, and every sighting's asset exists",
        "SELECT coalesce(a.asset_id, s.asset_id)::text AS it FROM asset a FULL JOIN"
        " (SELECT DISTINCT asset_id FROM sighting) s USING (asset_id)"
        " WHERE a.asset_id IS NULL OR (s.asset_id IS NULL) <> (a.merged_into IS NOT NULL)",
    ),
    Question(
        "sightings and claims",
        "every sighting was told by somebody",
        "SELECT s.own_id::text AS it FROM sighting s LEFT JOIN source_claim c"
        " ON (c.source, c.sender_asset_ref) = (s.source, s.reference) WHERE c.claim_id IS NULL",
    ),
    Question(
        "memberships",
        "every sighting is of the asset that it was last put to",
        "SELECT s.own_id::text AS it FROM sighting s LEFT JOIN LATERAL (SELECT m.asset_id FROM membership m"
        " WHERE (m.source, m.reference) = (s.source, s.reference) ORDER BY m.membership_id DESC LIMIT 1) l ON true"
        " WHERE l.asset_id IS DISTINCT FROM s.asset_id",
    ),
    Question(
        "merged assets",
        "an asset that has turned out to be another leads to one that exists",
        "SELECT a.asset_id::text AS it FROM asset a LEFT JOIN asset b ON b.asset_id = a.merged_into"
        " WHERE a.merged_into IS NOT NULL AND b.asset_id IS NULL",
    ),
    Question(
        "history",
        "the versions of an asset follow one another without a gap, up to the present one",
        "SELECT coalesce(a.asset_id, h.asset_id)::text AS it FROM asset a FULL JOIN"
        " (SELECT asset_id, count(*) AS n, max(version) AS last FROM asset_history GROUP BY asset_id) h"
        " USING (asset_id)"
        " WHERE h.n IS DISTINCT FROM a.version OR h.last IS DISTINCT FROM a.version",
    ),
    Question(
        "register and history",
        "the present state of an asset is that of its last version",
        "SELECT a.asset_id::text AS it FROM asset a JOIN asset_history h USING (asset_id, version)"
        " WHERE a.state <> h.state",
    ),
    Question(
        "history and messages",
        "every version names a message that had its effect",
        "SELECT h.asset_id::text AS it FROM asset_history h LEFT JOIN inbox i"
        " ON (i.sender, i.message_id) = (h.participant, h.message_id) WHERE i.message_id IS NULL",
    ),
    Question(
        "history and outbox",
        "every version is told once on the feed of changes, and nothing else is",
        f"SELECT coalesce(h.asset_id, o.asset_id)::text AS it FROM asset_history h FULL JOIN"
        f" (SELECT asset_id, asset_version, count(*) AS n FROM outbox WHERE topic = '{topics.CHANGES}'"
        f" GROUP BY asset_id, asset_version) o ON (o.asset_id, o.asset_version) = (h.asset_id, h.version)"
        f" WHERE o.n IS DISTINCT FROM 1 OR h.asset_id IS NULL",
    ),
    Question(
        "history and audit",
        "every version has its one entry in the audit log, and no entry tells of another",
        "SELECT coalesce(h.asset_id, e.asset_id)::text AS it FROM asset_history h FULL JOIN"
        " (SELECT asset_id, version, count(*) AS n FROM audit_entry WHERE version IS NOT NULL"
        " GROUP BY asset_id, version) e ON (e.asset_id, e.version) = (h.asset_id, h.version)"
        " WHERE e.n IS DISTINCT FROM 1 OR h.asset_id IS NULL",
    ),
    Question(
        "disputes",
        "every open dispute shows on its asset, and nothing else shows there as one",
        "SELECT coalesce(d.dispute_id::text, m.it) AS it FROM"
        " (SELECT t.dispute_id, s.asset_id FROM dispute t JOIN sighting s"
        " ON (s.source, s.reference) = (t.about_source, t.about_reference) OR s.own_id = t.about_asset_id"
        " WHERE t.status IN ('OPEN', 'ACKNOWLEDGED', 'INVESTIGATING')) d FULL JOIN"
        " (SELECT a.asset_id, mark ->> 'dispute_id' AS it FROM asset a,"
        " jsonb_array_elements(a.state -> 'disputes') mark) m"
        " ON (m.asset_id, m.it) = (d.asset_id, d.dispute_id::text)"
        " WHERE d.dispute_id IS NULL OR m.it IS NULL",
    ),
    Question(
        "feeds",
        "the numbers of every topic run from 1 without a gap",
        "SELECT coalesce(f.topic, o.topic) AS it FROM feed f FULL JOIN"
        " (SELECT topic, count(*) AS n, min(feed_seq) AS low, max(feed_seq) AS high FROM outbox"
        "  WHERE feed_seq IS NOT NULL GROUP BY topic) o USING (topic)"
        " WHERE o.n IS DISTINCT FROM f.last_seq OR o.high IS DISTINCT FROM f.last_seq OR o.low IS DISTINCT FROM 1",
    ),
    Question(
        "outbox",
        "nothing waits to go out",
        "SELECT topic AS it FROM outbox WHERE feed_seq IS NULL"
        " UNION ALL SELECT topic FROM feed WHERE published_seq < last_seq",
    ),
    Question(
        "keys",
        "every key by which devices are found leads to a sighting that exists",
        "SELECT k.scheme AS it FROM sighting_key k LEFT JOIN sighting s USING (source, reference)"
        " WHERE s.own_id IS NULL",
    ),
)


@dataclass(frozen=True)
class Finding:
    """How many rows break a statement, and a few of them."""

    count: int
    examples: tuple[str, ...]


async def ask(connection: AsyncConnection, question: Question) -> Finding:
    rows = await connection.execute(
        text(
            f"WITH broken AS ({question.query}) SELECT (SELECT count(*) FROM broken) AS n,"
            f" ARRAY(SELECT it FROM broken LIMIT {EXAMPLES}) AS examples"
        )
    )
    row = rows.one()
    return Finding(row.n, tuple(row.examples))


async def inbox_size(connection: AsyncConnection) -> int:
    rows = await connection.execute(text("SELECT count(*) FROM inbox"))
    return int(rows.scalar_one())


async def set_aside(connection: AsyncConnection, places: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these journal places (partition, offset) are in quarantine."""
    rows = await connection.execute(
        text(
            "SELECT q.journal_partition AS p, q.journal_offset AS o FROM quarantine q"
            " JOIN unnest(CAST(:partitions AS bigint[]), CAST(:offsets AS bigint[])) AS k(p, o)"
            " ON (k.p, k.o) = (q.journal_partition, q.journal_offset)"
        ),
        {"partitions": [p for p, _ in places], "offsets": [o for _, o in places]},
    )
    return {(row.p, row.o) for row in rows}


async def numbered(connection: AsyncConnection, topic: str) -> dict[int, Any]:
    """Event id of every number given out on a topic."""
    rows = await connection.execute(
        text("SELECT feed_seq, event_id FROM outbox WHERE topic = :topic AND feed_seq IS NOT NULL"),
        {"topic": topic},
    )
    return {row.feed_seq: row.event_id for row in rows}


async def outbound_topics(connection: AsyncConnection) -> list[str]:
    rows = await connection.execute(text("SELECT topic FROM feed ORDER BY topic"))
    return [row.topic for row in rows]


async def outcomes(connection: AsyncConnection, participant: str) -> dict[str, str]:
    """The outcome of every message of a participant that has a receipt."""
    rows = await connection.execute(
        text("SELECT message_id, outcome FROM receipt WHERE participant = :participant"), {"participant": participant}
    )
    return {row.message_id: row.outcome for row in rows}
