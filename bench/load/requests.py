"""Requests as bytes, signed beforehand: what the load generator then does is write and read."""

import base64
import time
from collections.abc import Iterable, Mapping, Sequence

import orjson

from bench.mix import Told
from hub.identity import Identity
from schemas.signed_message import SignedMessage

BULK = 500
"""Messages in one request of a batch."""

Signers = Mapping[str, Identity]


def signed(told: Iterable[Told], signers: Signers) -> list[SignedMessage]:
    """Signed as of now; the HTTP doors take them for a few minutes."""
    now = int(time.time())
    return [one.signed(signers[one.sender], now) for one in told]


def single(message: SignedMessage) -> bytes:
    """One message through the webhook."""
    headers = {
        "content-type": "avro/binary",
        "webhook-id": message.id,
        "webhook-timestamp": str(message.timestamp),
        "webhook-signature": message.signature,
        "webhook-key-id": message.key_id,
    }
    return _request("/v1/notifications", headers, message.body)


def bulk(messages: Sequence[SignedMessage]) -> bytes:
    """Many messages in one request."""
    items = [{**message.model_dump(), "body": base64.b64encode(message.body).decode()} for message in messages]
    return _request("/v1/notifications/batch", {"content-type": "application/json"}, orjson.dumps({"messages": items}))


def bulks(messages: Sequence[SignedMessage], size: int = BULK) -> list[bytes]:
    return [bulk(messages[start : start + size]) for start in range(0, len(messages), size)]


def _request(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body
