"""The hub's own participant and key, with which it signs what it found out itself.

The key is made from HUB_SECRET (HKDF, RFC 5869), so that every process has it and nothing more is to be kept.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.identity import Identity
from registry_store import participants
from registry_store.engine import Engine, transaction
from schemas.notifications import Notification
from schemas.participants import HUB
from schemas.records.participants import ParticipantRow, SigningKeyRow
from schemas.vocabulary import Door, ParticipantKind

_PURPOSE = b"fmar hub: the key of its own messages, Ed25519, 1"


class Voice(Protocol):
    """Puts messages into the journal in the hub's own hand, and gives their ids."""

    @property
    def participant(self) -> str: ...

    async def say(self, messages: Sequence[Notification]) -> list[str]: ...


def identity(secret: str) -> Identity:
    """Who signs for the hub. It has no read token: the hub asks nobody for leave to read."""
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Identity(HUB, f"{HUB}.{hashlib.sha256(public).hexdigest()[:12]}", key, token="")


async def register(engine: Engine, secret: str, now: datetime) -> None:
    """Makes participant and public key known. With a new secret the key before stays, for what it has signed."""
    own = identity(secret)
    async with transaction(engine) as connection:
        if any(key.key_id == own.key_id for key in await participants.keys(connection)):
            return
        member = ParticipantRow(id=HUB, kind=ParticipantKind.HUB, name="The hub itself", operator_codes=())
        row = SigningKeyRow(
            key_id=own.key_id,
            participant=HUB,
            public_key=own.public_key,
            doors=(Door.HUB,),
            categories=(),
            not_before=now,
            not_after=None,
            revoked_at=None,
        )
        await participants.put(connection, participants=[member], keys=[row])
