"""What two registers are compared by: for each subject the rows, in one order, as digests first and whole where asked.

What is left out differs between two registers that were made of the same journal:

- the number of an asset's version, when it last changed, its history but for the last state, an asset that has turned
  out to be another, the decision and the outcome at a message's arrival: they tell which of two senders came first, and
  two partitions of the journal have no order between them;
- what a person's decision was answered: its devices may lie in other partitions, and then it waits for them or not;
- ids that are drawn by chance (claims, events), the outbox, the feeds, the audit log: they belong to one register.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Key = tuple[str, ...]
PAGE = 1000


@dataclass(frozen=True)
class Subject:
    """Something that must be equal. `query` gives `key` as texts, and what is compared.

    `words` names one row to a person, without personal data; `parts` are JSON columns that are compared name by name.
    """

    name: str
    words: str
    key: tuple[str, ...]
    query: str
    parts: tuple[str, ...] = ()

    @property
    def _key(self) -> str:
        return ", ".join(self.key)

    @property
    def _order(self) -> str:
        return ", ".join(f'{name} COLLATE "C"' for name in self.key)


# Where the id of each sighting leads through all the assets that have turned out to be others.
_LEADS_TO = (
    "WITH RECURSIVE step AS (SELECT asset_id AS began, merged_into AS at FROM asset WHERE merged_into IS NOT NULL"
    " UNION SELECT s.began, a.merged_into FROM step s JOIN asset a ON a.asset_id = s.at"
    " WHERE a.merged_into IS NOT NULL)"
    ", led AS (SELECT s.began, s.at FROM step s JOIN asset a ON a.asset_id = s.at WHERE a.merged_into IS NULL)"
)

SUBJECTS = (
    Subject(
        "messages",
        "message {message_id} of {sender}",
        ("sender", "message_id"),
        "SELECT sender, message_id, body_sha256, journal_partition, journal_offset, received_at FROM inbox",
    ),
    Subject(
        "messages set aside",
        "what is set aside of journal partition {partition} offset {place}",
        ("partition", "place", "code"),
        'SELECT journal_partition::text AS "partition", journal_offset::text AS place, code, participant, message_id,'
        " detail, envelope FROM quarantine WHERE journal_offset IS NOT NULL",
    ),
    Subject(
        "receipts",
        "receipt of {participant} for message {message_id}",
        ("participant", "message_id"),
        # A step of a dispute and the dispute itself may lie in two partitions, and which of them waits is chance.
        "SELECT r.participant, r.message_id, CASE WHEN r.sender_asset_ref LIKE 'decision %' THEN NULL ELSE r.code END"
        " AS code, r.sender_asset_ref, r.outcome = 'quarantined' AS set_aside, r.asset_id IS NULL"
        " AND d.message_id IS NULL AND coalesce(r.sender_asset_ref NOT LIKE 'decision %', true) AS without_asset"
        " FROM receipt r"
        " LEFT JOIN dispute_message d ON (d.sender, d.message_id) = (r.participant, r.message_id)",
    ),
    Subject(
        "claims",
        "claim of {source} by message {message_id} of {sender}",
        ("sender", "message_id"),
        # A correction is noted when its dispute has come to the asset, whichever message was the last to bring that on.
        "SELECT c.sender, c.message_id, c.source, source_kind, sender_asset_ref, c.notification, c.occurred_at,"
        " source_seq, said_until, c.body, resolution, consent,"
        " CASE WHEN d.message_id IS NULL THEN recorded_at END AS recorded_at FROM source_claim c"
        " LEFT JOIN dispute_message d ON (d.sender, d.message_id) = (c.sender, c.message_id)",
        parts=("body", "resolution", "consent"),
    ),
    Subject(
        "sightings",
        "sighting of {source} with the id {own_id}",
        ("source", "reference"),
        f"{_LEADS_TO} SELECT source, reference, own_id, s.asset_id, coalesce(led.at, s.asset_id) AS id_leads_to, facts,"  # noqa: S608
        " standing FROM sighting s LEFT JOIN led ON led.began = s.own_id",
        parts=("facts", "standing"),
    ),
    Subject(
        "keys",
        "a key of the kind {scheme} of {source}",
        ("scheme", "issuer", "value", "source", "reference"),
        "SELECT scheme, issuer, value, source, reference FROM sighting_key",
    ),
    Subject(
        "rulings",
        "ruling about sightings of {source_a} and {source_b}",
        ("source_a", "reference_a", "source_b", "reference_b"),
        "SELECT source_a, reference_a, source_b, reference_b, verdict, decided_at, participant, message_id FROM ruling",
    ),
    Subject(
        "assets",
        "asset {asset_id}",
        ("asset_id",),
        "SELECT asset_id::text, status, asset_category, import_mpan, export_mpan, serial_key, postcode, operators,"
        " sources, fsp, state - 'version' AS state FROM asset WHERE merged_into IS NULL",
        parts=("state",),
    ),
    Subject(
        "last versions",
        "last version of asset {asset_id}",
        ("asset_id",),
        "SELECT DISTINCT ON (h.asset_id) h.asset_id::text, h.state - 'version' AS state FROM asset_history h"
        " JOIN asset a USING (asset_id) WHERE a.merged_into IS NULL ORDER BY h.asset_id, h.version DESC",
        parts=("state",),
    ),
    Subject(
        "disputes",
        "dispute {dispute_id}",
        ("dispute_id",),
        "SELECT dispute_id::text, about_source, about_reference, about_asset_id, status, subject, raised_by, raised_at,"
        # Whom the asset concerned while the dispute was open is a matter of who came when.
        " acknowledge_by, decide_by, closed_at, steps, reminded, correction_by FROM dispute",
    ),
    Subject(
        "messages of disputes",
        "step of dispute {dispute_id} by message {message_id} of {sender}",
        ("sender", "message_id"),
        "SELECT sender, message_id, dispute_id, notification, source, occurred_at, received_at, body, roles, judged,"
        " refusal FROM dispute_message",
        parts=("body",),
    ),
    Subject(
        "connection units",
        "asset {asset_id} among its neighbours",
        ("asset_id",),
        "SELECT u.asset_id::text, u.import_mpan, u.export_mpan, u.uprn, u.postcode, u.postcode_area, u.category,"
        " u.phases, u.generating_watts, u.demand_watts, u.installer, u.commissioned_on FROM connection_unit u"
        " JOIN asset a USING (asset_id) WHERE a.merged_into IS NULL",
    ),
    Subject(
        "clocks",
        "clock {kind} of {source}",
        ("source", "sender_asset_ref", "kind"),
        "SELECT source, sender_asset_ref, kind, due_on, due_at FROM due_clock",
    ),
)


async def digests(connection: AsyncConnection, subject: Subject) -> AsyncIterator[tuple[Key, str]]:
    """Key and digest of every row, in the order of the keys' code points; read page by page."""
    await _in_utc(connection)
    rows = await connection.stream(
        text(f"SELECT {subject._key}, md5(to_jsonb(q)::text) FROM ({subject.query}) q ORDER BY {subject._order}"),  # noqa: S608
        execution_options={"yield_per": PAGE},
    )
    async for row in rows:
        yield tuple(row[:-1]), row[-1]


async def rows(connection: AsyncConnection, subject: Subject, keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
    """The rows with these keys, whole."""
    if not keys:
        return {}
    await _in_utc(connection)
    names = [f"k{number}" for number, _ in enumerate(subject.key)]
    arrays = ", ".join(f"CAST(:{name} AS text[])" for name in names)
    found = await connection.execute(
        text(
            f"SELECT to_jsonb(q) FROM ({subject.query}) q JOIN unnest({arrays}) AS k({', '.join(names)})"  # noqa: S608
            f" ON ({', '.join(f'q.{name}' for name in subject.key)}) = ({', '.join(f'k.{name}' for name in names)})"
        ),
        {name: [key[number] for key in keys] for number, name in enumerate(names)},
    )
    return {tuple(str(row[0][name]) for name in subject.key): row[0] for row in found}


async def _in_utc(connection: AsyncConnection) -> None:
    """Times are texts in a digest, and two servers may write them differently."""
    await connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
