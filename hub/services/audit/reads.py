"""Reading the log as somebody who may see a part of it: who, what and when of his own assets, or all of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hub import clock
from hub.rules.access import Grant
from hub.rules.visibility import changes_seen, tellable
from hub.services.audit.access import AccessLog
from hub.services.audit.erasure import KIND as ERASED
from hub.services.audit.log import Draft, instant
from hub.services.audit.vault import Destroyed, Vault
from hub.services.audited_reads import granted
from hub.services.views import is_whole
from registry_store import assets, audit, history
from registry_store.audit import SNAPSHOT, Place, Wanted
from registry_store.engine import Connection, Engine, transaction
from schemas.outbound import AssetState, Concern
from schemas.records.audit import AuditEntryRow

READ = "read_"
_TOLD = ("notification", "source", "said", "changed_fields")
_COMPARED = ("others", "evidence")
"""Of which assets a message might have been, and how its facts compared with theirs: not for its sender."""


@dataclass(frozen=True)
class Entry:
    """An entry as one reader sees it; what he may not know is left out.

    `personal`: that there is a sealed part, or when and why its key was destroyed.
    """

    row: AuditEntryRow
    actor: str | None
    payload: dict[str, Any]
    personal: Any
    is_own: bool


@dataclass(frozen=True)
class Page:
    """Entries, oldest first, and the place to go on from where there may be more."""

    entries: list[Entry]
    cursor: Place | None


class AuditReads:
    """Every read takes the grant of the reader, and is noted like any other."""

    def __init__(self, engine: Engine, accesses: AccessLog, vault: Vault) -> None:
        self._engine = engine
        self._accesses = accesses
        self._vault = vault

    async def page(self, grant: Grant, wanted: Wanted, after: Place | None, limit: int) -> Page | None:
        """Nothing where the reader may not see the asset. Who may not read the whole log has to name one."""
        async with transaction(self._engine) as connection:
            reader = await _Reader.of(connection, grant, wanted)
            if reader is None:
                return None
            found: list[AuditEntryRow] = []
            while len(found) < limit:
                rows = await audit.page(connection, wanted, after, limit, with_snapshots=wanted.asset_id is not None)
                found += [row for row in rows if reader.may_see(row)]
                if len(rows) < limit:
                    break
                after = _place(rows[-1])
            shown = found[:limit]
            personal = await self._personal(connection, shown)
        asked = {"kind": wanted.kind, "since": wanted.since, "until": wanted.until}
        said = {n: v if isinstance(v, str) else instant(v) for n, v in asked.items() if v is not None}
        payload = {"grant": granted(grant), "filter": said, "shown": len(shown)}
        await self._accesses.note(Draft("read_audit", grant.participant or "", payload, asset_id=wanted.asset_id))
        entries = [reader.entry(row, personal.get((row.lane, row.seq))) for row in shown]
        return Page(entries, _place(shown[-1]) if len(found) >= limit else None)

    async def _personal(self, connection: Connection, rows: Sequence[AuditEntryRow]) -> dict[tuple[str, int], Any]:
        """For each entry with a personal part: that it is sealed, or when and why its key was destroyed."""
        sealed = {
            (row.lane, row.seq): (row.subject, text)
            for row in rows
            if row.subject is not None and (text := json.loads(row.payload).get("sealed")) is not None
        }
        opened = await self._vault.open(connection, set(sealed.values()))
        return {place: _of_personal(opened[item]) for place, item in sealed.items()}


@dataclass(frozen=True)
class _Reader:
    """A reader, with the versions of the asset that he asks about, as the register had them one after another."""

    grant: Grant
    versions: Sequence[tuple[datetime, AssetState]]
    today: date

    @classmethod
    async def of(cls, connection: Connection, grant: Grant, wanted: Wanted) -> "_Reader | None":
        if wanted.asset_id is None:
            return cls(grant, (), clock.today()) if grant.whole_log else None
        if not grant.whole_log and await assets.one(connection, grant.rows, wanted.asset_id) is None:
            return None
        rows = await history.of(connection, wanted.asset_id)
        return cls(grant, [(row.recorded_at, AssetState.model_validate(row.state)) for row in rows], clock.today())

    def may_see(self, row: AuditEntryRow) -> bool:
        state = self._state(row)
        if row.kind == SNAPSHOT and self.versions and not (state and _covers(row, state)):
            return False
        if self.grant.whole_log or self._is_own(row):
            return True
        # An asset that has come to the reader's area, or a provider's with consent, was another's before.
        return state is not None and is_whole(state, self.grant)

    def entry(self, row: AuditEntryRow, personal: Any) -> Entry:
        payload, own = json.loads(row.payload), self._is_own(row)
        payload.pop("sealed", None)
        if not self.grant.whole_log:
            payload = self._own_message(payload) if own else self._others(row, payload)
        # The actor may be another provider, and who else has to do with an asset is not for one to know.
        named = own or self.grant.whole_log or self.grant.visibility.only_providers is None
        own = own or self.grant.whole_log
        return Entry(row, row.actor if named else None, payload, personal if own else None, own)

    def _is_own(self, row: AuditEntryRow) -> bool:
        own = (self.grant.participant, *self.grant.rows.sources, *self.grant.rows.fsps)
        return row.actor in own or json.loads(row.payload).get("source") in own

    def _state(self, row: AuditEntryRow) -> AssetState | None:
        """The asset at the time of an entry, or as the version that the entry made."""
        known = [s for at, s in self.versions if (s.version <= row.version if row.version else at <= row.at)]
        return known[-1] if known else None

    def _own_message(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What a sender may know of his own message: what its receipt said, and what it said itself."""
        shown = {name: payload[name] for name in (*_TOLD, "grant", "filter", "code", "detail") if name in payload}
        concerns = tellable([Concern.model_validate(c) for c in payload.get("concerns", ())])
        if concerns:
            shown["concerns"] = [c.model_dump(mode="json", exclude={"with_asset_id"}) for c in concerns]
        decision = {
            rule: {n: v for n, v in d.items() if n not in _COMPARED} for rule, d in payload.get("decision", {}).items()
        }
        return shown | ({"decision": decision} if decision else {})

    def _others(self, row: AuditEntryRow, payload: dict[str, Any]) -> dict[str, Any]:
        state = self._state(row)
        if row.kind.startswith(READ) or row.kind == ERASED or state is None:
            return {}
        changed = payload.get("changed_fields", ())
        return {"changed_fields": list(changes_seen(changed, state, self.grant.visibility, self.today))}


def _covers(row: AuditEntryRow, state: AssetState) -> bool:
    """Whether a snapshot showed an asset: whether its grant let the asset through as it was then."""
    rows = json.loads(row.payload)["grant"]
    return bool(
        rows.get("everything")
        or set(rows.get("operator_codes", ())) & set(state.operators)
        or set(rows.get("sources", ())) & set(state.sources)
        or (state.market is not None and state.market.fsp in rows.get("fsps", ()))
    )


def _of_personal(found: dict[str, Any] | Destroyed) -> Any:
    if isinstance(found, Destroyed):
        return {"destroyed_at": instant(found.at), "reason": found.reason}
    return "sealed"


def _place(row: AuditEntryRow) -> Place:
    return row.at, row.lane, row.seq
