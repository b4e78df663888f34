"""Keys from the hub's secret, and what they seal: AES-256-GCM with a nonce of its own for each text."""

import hmac
import os
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, NONCE_BYTES, NAME_BYTES = 32, 12, 16
_WRAPPING = b"fmar-hub audit: wraps the keys of subjects"
_FINGERPRINT = b"fmar-hub audit: names the key that wraps"


class CannotOpenError(ValueError):
    """The key is not the one that sealed this, or the text was changed."""


@dataclass(frozen=True)
class WrappingKey:
    """The key that wraps all others, from the hub's secret; `name` tells which secret without giving it away."""

    key: bytes = field(repr=False)
    name: str

    @classmethod
    def of(cls, secret: str) -> "WrappingKey":
        return cls(_derived(secret, _WRAPPING, KEY_BYTES), _derived(secret, _FINGERPRINT, 8).hex())


def _derived(secret: str, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose).derive(secret.encode())


def seal(key: bytes, content: bytes, about: str) -> bytes:
    """Nonce and ciphertext. It opens only as what it is `about`."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """Raises `CannotOpenError`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError):
        raise CannotOpenError("sealed with another key, or changed since") from None


def name(key: bytes, kind: str, value: str) -> str:
    """A keyed hash that stands for a value: the same for the same value, and nothing to those without the key."""
    return hmac.digest(key, f"{kind}\x1f{value}".encode(), sha256)[:NAME_BYTES].hex()
