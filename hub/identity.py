"""A participant's own side: its private key and token, as a command or a simulator uses them."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from hub import clock
from hub.errors import HubError
from hub.rules import signature
from schemas.signed_message import SignedMessage


class IdentityUnusable(HubError):
    """The identity file is missing or broken; the text says which and what to do."""


@dataclass(frozen=True)
class Identity:
    """Who signs: participant, key and read token. Kept in a file that only its owner reads."""

    participant: str
    key_id: str
    private_key: Ed25519PrivateKey
    token: str

    @property
    def public_key(self) -> bytes:
        """The raw 32 bytes."""
        return self.private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, body: bytes, message_id: str | None = None, timestamp: int | None = None) -> SignedMessage:
        """A signed message; a new id and the present second unless given."""
        seconds = int(clock.now().timestamp()) if timestamp is None else timestamp
        return signature.sign(self.private_key, self.key_id, message_id or new_message_id(), seconds, body)

    def save(self, file: Path) -> None:
        pem = self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(
            json.dumps(
                {
                    "participant": self.participant,
                    "key_id": self.key_id,
                    "private_key": pem,
                    "token": self.token,
                },
                indent=1,
            )
        )


def new_message_id() -> str:
    """An id that `webhook-id` allows, with 132 random bits."""
    return f"msg_{secrets.token_urlsafe(17)[:22]}"


def make(participant: str, serial: int = 1) -> Identity:
    """A new key and token for a participant."""
    return Identity(participant, f"{participant}.{serial}", Ed25519PrivateKey.generate(), secrets.token_urlsafe(32))


def load(file: Path) -> Identity:
    """The identity in a file. Raises `IdentityUnusable`."""
    try:
        raw = json.loads(file.read_text())
        key = load_pem_private_key(raw["private_key"].encode("ascii"), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise IdentityUnusable(f"{file}: the private key is not Ed25519; make one with `hub keys make`")
        return Identity(raw["participant"], raw["key_id"], key, raw["token"])
    except FileNotFoundError:
        raise IdentityUnusable(f"{file} does not exist; make an identity with `hub keys make`") from None
    except (ValueError, KeyError) as error:
        raise IdentityUnusable(f"{file} is no identity file ({error}); make one with `hub keys make`") from None
