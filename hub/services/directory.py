"""Who takes part: participants, keys, tokens and delegations, as a snapshot that follows the database."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import structlog

from hub.errors import Unavailable
from hub.rules.signature import SigningKey
from hub.services.audit import membership
from hub.services.audit.membership import Members
from registry_store import participants as store
from registry_store.engine import Engine, transaction
from schemas.participants import HUB, Participants
from schemas.records.participants import AccessTokenRow, ConsentRow, DelegationRow, ParticipantRow, SigningKeyRow
from schemas.vocabulary import AssetCategory, Door, ParticipantKind

REFRESH_SECONDS = 1.0

logger = structlog.get_logger()


@dataclass(frozen=True)
class Member:
    """A participant as the rules need it."""

    id: str
    kind: ParticipantKind
    operator_codes: tuple[str, ...]


@dataclass(frozen=True)
class Directory:
    """One revision of who takes part."""

    revision: int = 0
    members: Mapping[str, Member] = field(default_factory=dict)
    keys: Mapping[str, SigningKey] = field(default_factory=dict)
    tokens: Mapping[str, AccessTokenRow] = field(default_factory=dict)
    delegations: tuple[DelegationRow, ...] = ()
    operators: Mapping[str, str] = field(default_factory=dict)
    """Participant of each operator code."""

    def reader(self, token: str, now: datetime) -> Member | None:
        """Whose read token this is, while it is valid."""
        row = self.tokens.get(hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest())
        if row is None or (row.not_after is not None and now >= row.not_after):
            return None
        return self.members.get(row.participant)

    def may_speak_for(self, delegate: str, principal: str, now: datetime) -> bool:
        return principal in self.principals(delegate, now)

    def principals(self, delegate: str, now: datetime) -> tuple[str, ...]:
        """For whom a participant may speak now, besides itself."""
        return tuple(
            d.principal
            for d in self._by_delegate.get(delegate, ())
            if d.valid_from <= now and (d.valid_to is None or now < d.valid_to)
        )

    @cached_property
    def _by_delegate(self) -> Mapping[str, Sequence[DelegationRow]]:
        found: dict[str, list[DelegationRow]] = {}
        for delegation in self.delegations:
            found.setdefault(delegation.delegate, []).append(delegation)
        return found

    def of_kind(self, *kinds: ParticipantKind) -> list[str]:
        return sorted(m.id for m in self.members.values() if m.kind in kinds)


async def load(engine: Engine) -> Directory:
    """The directory as the database has it. Raises `Unavailable`."""
    async with transaction(engine) as connection:
        revision = await store.revision(connection)
        members = [Member(r.id, ParticipantKind(r.kind), r.operator_codes) for r in await store.everybody(connection)]
        return Directory(
            revision,
            {m.id: m for m in members},
            {row.key_id: signing_key(row) for row in await store.keys(connection)},
            {row.sha256: row for row in await store.tokens(connection)},
            tuple(await store.delegations(connection)),
            {code: m.id for m in members for code in m.operator_codes},
        )


def signing_key(row: SigningKeyRow) -> SigningKey:
    return SigningKey(
        row.key_id,
        row.participant,
        row.public_key,
        frozenset(Door(d) for d in row.doors) or frozenset(Door),
        frozenset(AssetCategory(c) for c in row.categories),
        row.not_before,
        row.not_after,
        row.revoked_at,
    )


class DirectoryWatch:
    """Keeps `current` within a second or two of the database; a revoked key is out as quickly."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.current = Directory()

    async def start(self) -> None:
        self.current = await load(self._engine)

    async def follow(self) -> None:
        """Runs until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                async with transaction(self._engine) as connection:
                    revision = await store.revision(connection)
                if revision != self.current.revision:
                    self.current = await load(self._engine)
            except Unavailable as error:
                logger.warning("directory_not_refreshed", reason=str(error))


async def seed(engine: Engine, file: Participants, now: datetime, by: str = HUB) -> None:
    """Puts the seed file's content into the tables; nothing is removed.

    A key or token that is there already stays as it is, so that a revocation outlives the next start; a revocation in
    the file takes effect. What is new or changed goes into the audit log, as done `by` somebody.
    """
    known = await load(engine)
    keys = [key for key in file.keys if key.key_id not in known.keys or key.revoked_at is not None]
    tokens = [token for token in file.tokens if token.sha256 not in known.tokens]
    async with transaction(engine) as connection:
        rows = Members(
            participants=[ParticipantRow.model_validate(p) for p in file.participants],
            keys=[
                SigningKeyRow(**{**key.model_dump(), "public_key": base64.b64decode(key.public_key)}) for key in keys
            ],
            tokens=[AccessTokenRow.model_validate(t) for t in tokens],
            delegations=[DelegationRow.model_validate(d) for d in file.delegations],
            consents=[ConsentRow.model_validate(c) for c in file.consents],
        )
        await membership.put(connection, rows, by, now)
