"""Changes of who takes part, as entries of the log: participants, keys, tokens, delegations, consents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hub.services.audit import log
from hub.services.audit.log import Draft
from registry_store import participants as store
from registry_store.engine import Connection
from schemas.records.participants import AccessTokenRow, ConsentRow, DelegationRow, ParticipantRow, SigningKeyRow
from schemas.records.record import Record


@dataclass(frozen=True)
class Members:
    """Rows of the directory, of which some may be new and some as they were."""

    participants: Sequence[ParticipantRow] = ()
    keys: Sequence[SigningKeyRow] = ()
    tokens: Sequence[AccessTokenRow] = ()
    delegations: Sequence[DelegationRow] = ()
    consents: Sequence[ConsentRow] = ()


@dataclass(frozen=True)
class _Kind:
    """How rows of one kind are told apart, and what of them goes into the log."""

    name: str
    key: tuple[str, ...]
    shown: tuple[str, ...]


# Names, and the homes that consents are for, stay out: that they changed is said, not what they are.
_KINDS = {
    "participants": _Kind("participant", ("id",), ("id", "kind", "operator_codes")),
    "keys": _Kind(
        "key",
        ("key_id",),
        ("key_id", "participant", "public_key", "doors", "categories", "not_before", "not_after", "revoked_at"),
    ),
    "tokens": _Kind("token", ("sha256",), ("participant", "sha256", "not_after")),
    "delegations": _Kind(
        "delegation", ("delegate", "principal", "valid_from"), ("delegate", "principal", "valid_from", "valid_to")
    ),
    "consents": _Kind("consent", ("reference",), ("reference", "fsp", "status", "valid_from", "valid_to")),
}


async def put(connection: Connection, rows: Members, by: str, now: datetime) -> None:
    """Writes rows of the directory, and notes those that are new or changed; `by` is who did it."""
    before = Members(
        await store.everybody(connection),
        await store.keys(connection),
        await store.tokens(connection),
        await store.delegations(connection),
        await store.consents(connection, [consent.reference for consent in rows.consents]),
    )
    await store.put(connection, **vars(rows))
    await log.append(connection, {log.ADMINISTRATION: list(_drafts(before, rows, by))}, now)


def _drafts(before: Members, after: Members, by: str) -> Iterator[Draft]:
    for name, kind in _KINDS.items():
        known = {_key(row, kind): row for row in getattr(before, name)}
        for row in getattr(after, name):
            old = known.get(_key(row, kind))
            if old == row:
                continue
            said = {field: _plain(getattr(row, field)) for field in kind.shown}
            payload = {field: value for field, value in said.items() if value not in (None, [])}
            if old is not None:
                payload["changed"] = [field for field, value in row if getattr(old, field) != value]
            yield Draft(f"{kind.name}_{'changed' if old else 'added'}", by, payload)


def _key(row: Record, kind: _Kind) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in kind.key)


def _plain(value: Any) -> Any:
    match value:
        case tuple():
            return list(value)
        case bytes():
            return value.hex()
        case datetime():
            return log.instant(value)
        case date():
            return value.isoformat()
        case _:
            return value
