"""Ed25519 signatures over `<id>.<timestamp>.<body>`, in the form of Standard Webhooks (`v1a,<base64>`).

The algorithm is fixed by the stored key; a symmetric `v1` signature is never looked at.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas.signed_message import MAX_SIGNATURES, SIGNATURE_VERSION, SignedMessage
from schemas.vocabulary import AssetCategory, Door


@dataclass(frozen=True)
class SigningKey:
    """A registered public key: whose it is, where and when it is good.

    `public_key` is the raw 32 bytes. `categories` empty means all.
    """

    key_id: str
    participant: str
    public_key: bytes
    doors: frozenset[Door]
    categories: frozenset[AssetCategory]
    not_before: datetime
    not_after: datetime | None
    revoked_at: datetime | None

    def refusal(self, door: Door, now: datetime) -> str | None:
        """Why the key is not good at this door now (for the log; the sender is told only "unauthenticated")."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return "key revoked"
        if now < self.not_before:
            return "key not yet valid"
        if self.not_after is not None and now >= self.not_after:
            return "key expired"
        if door not in self.doors:
            return f"key not for the {door} door"
        return None


def sign(private_key: Ed25519PrivateKey, key_id: str, message_id: str, timestamp: int, body: bytes) -> SignedMessage:
    """A signed message; `timestamp` in whole seconds since 1970."""
    unsigned = SignedMessage(id=message_id, timestamp=timestamp, key_id=key_id, signature="-", body=body)
    raw = private_key.sign(unsigned.signing_input())
    signature = f"{SIGNATURE_VERSION},{base64.b64encode(raw).decode('ascii')}"
    return unsigned.model_copy(update={"signature": signature})


@lru_cache(maxsize=4096)
def _loaded(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


def verifies(message: SignedMessage, public_key: bytes) -> bool:
    """Whether one of the message's `v1a` signatures is by this key. Never raises."""
    signatures = message.signature.split(" ")
    if len(signatures) > MAX_SIGNATURES:
        return False
    return any(_one_verifies(text, message, public_key) for text in signatures)


def _one_verifies(text: str, message: SignedMessage, public_key: bytes) -> bool:
    version, _, encoded = text.partition(",")
    if version != SIGNATURE_VERSION:
        return False
    try:
        _loaded(public_key).verify(base64.b64decode(encoded, validate=True), message.signing_input())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
