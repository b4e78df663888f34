"""What a process of the bare loop is told: addresses, keys of the senders, its share of the journal."""

import base64
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict

from schemas import topics

TOPIC = "bare.changes"
JOURNAL = "bare.intake"
"""The journal of the bare endpoint: what it takes is not for the hub."""


class Setting(BaseModel):
    """`offsets` says from where each partition is read; `keys` holds raw public keys in base64 by key id."""

    model_config = ConfigDict(frozen=True)

    kafka: str
    database: str
    keys: dict[str, str] = {}
    offsets: dict[int, int] = {}
    batch: int = 500
    journal: str = topics.INTAKE
    port: int = 0

    def public_keys(self) -> dict[str, Ed25519PublicKey]:
        return {name: Ed25519PublicKey.from_public_bytes(base64.b64decode(raw)) for name, raw in self.keys.items()}


def given() -> Setting:
    """The setting in the file that the process was started with."""
    return Setting.model_validate_json(Path(sys.argv[1]).read_bytes())
