"""First stage: repeats out. A repeat has no effect; an id with another body is set aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.services.registration.entry import JournalEntry
from registry_store import inbox, quarantine
from registry_store.engine import Connection
from schemas import avro
from schemas.made import made
from schemas.records.journal import InboxRow, QuarantineRow

REUSED = "id_reused_different_body"


@dataclass(frozen=True)
class Admission:
    fresh: list[JournalEntry]
    repeats: int
    set_aside: list[QuarantineRow]


async def admit(connection: Connection, entries: Sequence[JournalEntry]) -> Admission:
    """The messages that have had no effect yet, noted in the inbox."""
    first: dict[inbox.Key, JournalEntry] = {}
    again: list[JournalEntry] = []
    for entry in entries:
        if entry.key in first:
            again.append(entry)
        else:
            first[entry.key] = entry
    new = await inbox.put(connection, [_row(e) for e in first.values()])
    again += [e for key, e in first.items() if key not in new]
    fresh = [e for key, e in first.items() if key in new]
    return Admission(fresh, len(again), await _set_aside_other_bodies(connection, again))


async def _set_aside_other_bodies(connection: Connection, again: Sequence[JournalEntry]) -> list[QuarantineRow]:
    """The door finds these, too; only one that raced with its twin through two doors gets this far."""
    known = await inbox.digests(connection, list({e.key for e in again}))
    reused = [e for e in again if known[e.key] != e.body_sha256]
    return await quarantine.put(connection, [_reused(e) for e in reused])


def _row(entry: JournalEntry) -> InboxRow:
    return made(
        InboxRow,
        sender=entry.sender,
        message_id=entry.message.id,
        body_sha256=entry.body_sha256,
        journal_partition=entry.number,
        journal_offset=entry.offset,
        received_at=entry.received_at,
    )


def _reused(entry: JournalEntry) -> QuarantineRow:
    return QuarantineRow(
        # By its place in the journal: the door may have refused the same message before, and that is another matter.
        quarantine_id=quarantine.id_of(entry.topic, f"{entry.partition}/{entry.offset}", REUSED, entry.message.body),
        door=entry.door,
        participant=entry.sender,
        message_id=entry.message.id,
        code=REUSED,
        detail="This id was used for another body; give every new message an id of its own.",
        fields={},
        envelope=avro.encode(entry.message),
        received_at=entry.received_at,
        journal_partition=entry.number,
        journal_offset=entry.offset,
        released_at=None,
    )
