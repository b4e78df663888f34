"""Keys and tokens of participants: added, run out, revoked. What is revoked is kept, so that old messages explain."""

import hashlib
from datetime import datetime

from hub.errors import HubError
from hub.services.audit import membership
from hub.services.audit.membership import Members
from registry_store import participants
from registry_store.engine import Engine, transaction
from schemas.records.participants import AccessTokenRow, SigningKeyRow


class UnknownName(HubError):
    """No participant or key has this name; the text says how to find the right one."""


async def add_key(engine: Engine, key: SigningKeyRow, by: str, now: datetime) -> None:
    """Adds a public key. `by` is who does it, for the audit log; the same below."""
    await _known(engine, key.participant)
    async with transaction(engine) as connection:
        await membership.put(connection, Members(keys=[key]), by, now)


async def add_token(engine: Engine, participant: str, token: str, by: str, now: datetime) -> None:
    await _known(engine, participant)
    row = AccessTokenRow(sha256=hashlib.sha256(token.encode()).hexdigest(), participant=participant, not_after=None)
    async with transaction(engine) as connection:
        await membership.put(connection, Members(tokens=[row]), by, now)


async def expire_key(engine: Engine, key_id: str, until: datetime, by: str, now: datetime) -> None:
    await _change(engine, key_id, {"not_after": until}, by, now)


async def revoke_key(engine: Engine, key_id: str, by: str, now: datetime) -> None:
    await _change(engine, key_id, {"revoked_at": now}, by, now)


async def all_keys(engine: Engine) -> list[SigningKeyRow]:
    async with transaction(engine) as connection:
        return sorted(await participants.keys(connection), key=lambda k: (k.participant, k.key_id))


def state(key: SigningKeyRow, now: datetime) -> str:
    """In words for a list."""
    if key.revoked_at is not None and key.revoked_at <= now:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC"
    if key.not_after is not None:
        return f"{'ran out' if key.not_after <= now else 'good until'} {key.not_after:%Y-%m-%d %H:%M} UTC"
    return "good"


async def _change(engine: Engine, key_id: str, changes: dict[str, datetime], by: str, now: datetime) -> None:
    found = next((k for k in await all_keys(engine) if k.key_id == key_id), None)
    if found is None:
        raise UnknownName(f"there is no key {key_id}; `hub keys list` shows all")
    async with transaction(engine) as connection:
        await membership.put(connection, Members(keys=[found.model_copy(update=changes)]), by, now)


async def _known(engine: Engine, participant: str) -> None:
    async with transaction(engine) as connection:
        names = {p.id for p in await participants.everybody(connection)}
    if participant not in names:
        raise UnknownName(f"there is no participant {participant}; those with keys are shown by `hub keys list`")
