"""Adds to the audit log, in the transaction of what it tells of: both are there, or neither."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from hub import audit_verifier
from registry_store import audit
from registry_store.engine import Connection
from schemas import canonical, topics
from schemas.made import made
from schemas.records.audit import AuditEntryRow, AuditHeadRow

ADMINISTRATION = "administration"
"""The lane of what people do to the hub itself: who takes part, keys, commands, erasures."""


@dataclass(frozen=True)
class Draft:
    """What an entry says, before it has its place in a chain.

    `payload` holds texts, whole numbers, yes and no, lists and objects of them; nothing personal in clear.
    """

    kind: str
    actor: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    sender: str | None = None
    message_id: str | None = None
    asset_id: UUID | None = None
    version: int | None = None
    assets: tuple[str, ...] = ()
    subject: str | None = None
    at: datetime | None = None
    """When, where it was not at the time of the transaction."""


def process_lane(what: str, port: int) -> str:
    """The lane of what one process does on its own. Two that share a name only wait for each other.

    A digest of machine and port: the name is the same after the next start, and tells readers of no machine.
    """
    return f"{what}/{sha256(f'{socket.gethostname()}:{port}'.encode()).hexdigest()[:8]}"


def journal_lane(number: int) -> str:
    """The lane of what was registered from a journal partition, by its number. Whoever holds its watermark is alone in
    it."""
    topic, partition = topics.journal_partition(number)
    return f"{topic}/{partition}"


async def append(connection: Connection, drafts: Mapping[str, Sequence[Draft]], now: datetime) -> None:
    """Adds entries to the end of their lanes, one COPY for all. Holds the lanes until the transaction ends."""
    drafts = {lane: found for lane, found in drafts.items() if found}
    if not drafts:
        return
    heads = await audit.lock_heads(connection, drafts.keys())
    rows: list[AuditEntryRow] = []
    for lane, found in drafts.items():
        head: AuditHeadRow | AuditEntryRow = heads[lane]
        for draft in found:
            # A lane's times do not go back where two machines' clocks differ.
            head = _entry(draft, head, max(draft.at or now, head.at))
            rows.append(head)
        heads[lane] = made(AuditHeadRow, lane=lane, seq=head.seq, hash=head.hash, at=head.at)
    await audit.add(connection, rows, list(heads.values()))


def digest(value: Any) -> str:
    """SHA-256 over the canonical form, in hex."""
    return sha256(canonical.to_json(value)).hexdigest()


def _entry(draft: Draft, head: AuditHeadRow | AuditEntryRow, at: datetime) -> AuditEntryRow:
    payload = canonical.to_json(draft.payload)
    said: dict[str, Any] = {
        "lane": head.lane,
        "seq": head.seq + 1,
        "kind": draft.kind,
        "actor": draft.actor,
        "sender": draft.sender,
        "message_id": draft.message_id,
        "version": draft.version,
        "assets": draft.assets,
        "subject": draft.subject,
    }
    of_texts = {"at": instant(at), "asset_id": draft.asset_id and str(draft.asset_id)}
    content = digest(said | of_texts | {"payload": orjson.Fragment(payload)})
    return made(
        AuditEntryRow,
        **said,
        at=at,
        asset_id=draft.asset_id,
        payload=payload.decode(),
        previous=bytes(head.hash),
        hash=bytes.fromhex(audit_verifier.link(head.hash.hex(), content)),
    )


def as_exported(row: AuditEntryRow) -> dict[str, Any]:
    """An entry as an export has it, and as it is hashed."""
    return row.model_dump(exclude={"at", "asset_id", "assets", "payload", "previous", "hash"}) | {
        "at": instant(row.at),
        "asset_id": row.asset_id and str(row.asset_id),
        "assets": list(row.assets),
        "payload": orjson.loads(row.payload),
        "previous": bytes(row.previous).hex(),
        "hash": bytes(row.hash).hex(),
    }


@lru_cache(256)
def instant(moment: datetime) -> str:
    """A time as entries have it: UTC, always with six decimals."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
