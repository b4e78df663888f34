"""Test vectors of the signed message, for whoever writes a sender.

`python -m tests.vectors.signed_messages` writes them anew.
"""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.rules import signature
from schemas import avro, body
from schemas.signed_message import SignedMessage
from tests.support.notifications import a_battery, a_device

FILE = Path(__file__).with_name("signed_messages.json")
SEED = bytes(range(32))
"""The raw private key: 00 01 02 ... 1f. It is in nobody's hands, or in everybody's."""
TIMESTAMP = int(datetime(2026, 5, 1, 9, 0, tzinfo=UTC).timestamp())
BODIES = {
    "a notification as JSON": body.to_json(a_battery()),
    "a notification as single-object Avro": avro.encode(a_device()),
    "characters beyond ASCII": '{"type":"AssetUpdated","asset_name":"Tŷ Gwyn \N{HIGH VOLTAGE SIGN}"}'.encode(),
    "an empty body": b"",
    "dots and line ends": b"a.b.\r\n.c",
}


def vectors() -> list[dict[str, Any]]:
    """Each: what is signed, what exactly the signature covers, and the signature."""
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    found = []
    for number, (name, content) in enumerate(BODIES.items(), 1):
        message = signature.sign(key, "vector-key-1", f"vector-message-{number:04d}", TIMESTAMP, content)
        found.append(
            {
                "name": name,
                "private_key_hex": SEED.hex(),
                "public_key_base64": _base64(public),
                "key_id": message.key_id,
                "id": message.id,
                "timestamp": message.timestamp,
                "body_base64": _base64(message.body),
                "signing_input_base64": _base64(message.signing_input()),
                "signature": message.signature,
                "signed_message_avro_base64": _base64(avro.encode(message)),
            }
        )
    return found


def read() -> list[dict[str, Any]]:
    """The committed vectors."""
    found: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    return found


def message(vector: dict[str, Any]) -> SignedMessage:
    content = base64.b64decode(vector["body_base64"])
    return SignedMessage(**{n: vector[n] for n in ("id", "timestamp", "key_id", "signature")}, body=content)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n", "utf-8")
