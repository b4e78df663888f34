"""The log as a file that anybody can check: see docs/audit.md, and `hub.audit_verifier`, which reads it."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub import audit_verifier
from hub.services.audit import log
from registry_store import audit
from registry_store.audit import Wanted
from registry_store.engine import Connection, Engine, repeatable_read
from schemas import canonical
from schemas.records.audit import AuditEntryRow


@dataclass
class _Lines:
    """Makes lines, and remembers of them what the last one says."""

    digest: Any = field(default_factory=hashlib.sha256)
    counts: dict[str, int] = field(default_factory=lambda: {"entries": 0, "left_out": 0})
    end: dict[str, dict[str, Any]] = field(default_factory=dict)

    def line(self, content: dict[str, Any]) -> bytes:
        made = canonical.to_json(content) + b"\n"
        self.digest.update(made)
        return made

    def entry(self, row: AuditEntryRow, *, shown: bool) -> bytes:
        self.end[row.lane] = {"seq": row.seq, "hash": bytes(row.hash).hex()}
        self.counts["entries" if shown else "left_out"] += 1
        found = log.as_exported(row)
        if shown:
            return self.line(found)
        return self.line({"lane": row.lane, "seq": row.seq, "content": audit_verifier.content_digest(found)})


async def lines(engine: Engine, wanted: Wanted, now: datetime) -> AsyncIterator[bytes]:
    """The lines of an export, all from one moment.

    A selection goes from the first to the last entry that is wanted in each lane. Of those between that are not wanted
    only the digest is there, so that the chain can still be followed.
    """
    async with repeatable_read(engine) as connection:
        extent = await audit.extent(connection, wanted)
        made = _Lines()
        after = {lane: await _before(connection, lane, first) for lane, (first, _) in extent.items()}
        yield made.line(
            {
                "export": audit_verifier.NAME,
                "format": audit_verifier.FORMAT,
                "made_at": log.instant(now),
                "selection": None if wanted.everything else _said(wanted),
                "after": after,
            }
        )
        for lane, (first, last) in extent.items():
            async for row in audit.entries(connection, lane, first, last):
                yield made.entry(row, shown=_is_wanted(row, wanted))
        yield made.line({"end": made.end, **made.counts, "sha256": made.digest.hexdigest()})


async def heads(engine: Engine, now: datetime) -> dict[str, Any]:
    """Every lane's last entry, to be kept where nobody who can change the log can change it."""
    async with repeatable_read(engine) as connection:
        found = await audit.heads(connection)
    return {
        "at": log.instant(now),
        "heads": {h.lane: {"seq": h.seq, "hash": bytes(h.hash).hex()} for h in found.values() if h.seq},
    }


async def _before(connection: Connection, lane: str, first: int) -> dict[str, Any]:
    row = await audit.one(connection, lane, first - 1)
    return {"seq": first - 1, "hash": bytes(row.hash).hex() if row else audit_verifier.GENESIS}


def _said(wanted: Wanted) -> dict[str, Any]:
    said: dict[str, Any] = {
        "asset_id": wanted.asset_id and str(wanted.asset_id),
        "since": wanted.since and log.instant(wanted.since),
        "until": wanted.until and log.instant(wanted.until),
        "kind": wanted.kind,
    }
    return {name: text for name, text in said.items() if text is not None}


def _is_wanted(row: AuditEntryRow, wanted: Wanted) -> bool:
    return (
        (wanted.asset_id is None or wanted.asset_id == row.asset_id or str(wanted.asset_id) in row.assets)
        and (wanted.since is None or row.at >= wanted.since)
        and (wanted.until is None or row.at < wanted.until)
        and (wanted.kind is None or row.kind == wanted.kind)
    )
